import Stripe from "stripe";
import { expect, test } from "vitest";
import { eventTypes, openCheckout, openSandbox, post } from "./support.js";

const sum = { amount: 2900, currency: "usd" };
const back = { return_url: "http://shop.test/back" };

/** A customer with a card on file. */
async function holderOf(stripe: Stripe, card: string) {
  const customer = await stripe.customers.create();
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
  return { customer: customer.id, payment_method: method.id };
}

test("a payment confirmed at once is charged, announced and on the balance", async () => {
  const { stripe } = await openSandbox();
  const holder = await holderOf(stripe, "pm_card_visa");
  const intent = await stripe.paymentIntents.create({
    ...sum,
    ...holder,
    ...back,
    confirm: true,
    metadata: { order: "7" },
    expand: ["latest_charge.balance_transaction"],
  });
  expect(intent).toMatchObject({
    status: "succeeded",
    amount_received: 2900,
    capture_method: "automatic_async",
    automatic_payment_methods: { allow_redirects: "always", enabled: true },
    latest_charge: {
      paid: true,
      captured: true,
      metadata: { order: "7" },
      balance_transaction: { amount: 2900, fee: 114, net: 2786, type: "charge" },
    },
  });
  expect((await eventTypes(stripe)).slice(-3)).toEqual([
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
  ]);
  await expect(stripe.paymentIntents.confirm(intent.id)).rejects.toMatchObject({
    code: "payment_intent_unexpected_state",
    payment_intent: { id: intent.id },
  });
});

test("a payment is made in steps: created, changed, given a card, confirmed", async () => {
  const { stripe } = await openSandbox();
  const { id } = await stripe.paymentIntents.create({ ...sum, description: "Seven seats" });
  expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status: "requires_payment_method" });
  await expect(stripe.paymentIntents.confirm(id, back)).rejects.toThrow("missing a payment method");
  await stripe.paymentIntents.update(id, { amount: 3000, currency: "eur" });
  const ready = await stripe.paymentIntents.update(id, { payment_method: "pm_card_mastercard" });
  expect(ready).toMatchObject({ status: "requires_confirmation", amount: 3000, currency: "eur" });
  await expect(stripe.paymentIntents.confirm(id)).rejects.toThrow("you must provide a `return_url`");
  expect(await stripe.paymentIntents.confirm(id, back)).toMatchObject({ status: "succeeded", amount_received: 3000 });
  await expect(stripe.paymentIntents.update(id, { amount: 1 })).rejects.toThrow("has a status of succeeded");
  expect(await stripe.paymentIntents.update(id, { metadata: { a: "b" } })).toMatchObject({ metadata: { a: "b" } });
});

test("a declined card is a 402 that carries the intent, which then takes another card", async () => {
  const { stripe } = await openSandbox();
  const holder = await holderOf(stripe, "pm_card_chargeCustomerFail");
  const refused = await stripe.paymentIntents.create({ ...sum, ...holder, ...back, confirm: true }).catch((e) => e);
  expect(refused).toBeInstanceOf(Stripe.errors.StripeCardError);
  expect(refused).toMatchObject({
    statusCode: 402,
    code: "card_declined",
    decline_code: "generic_decline",
    charge: expect.stringMatching(/^ch_/),
    payment_intent: { status: "requires_payment_method", last_payment_error: { code: "card_declined" } },
  });
  expect((await eventTypes(stripe)).slice(-3)).toEqual([
    "payment_intent.created",
    "charge.failed",
    "payment_intent.payment_failed",
  ]);
  const { id } = refused.payment_intent;
  const { customer } = holder;
  const better = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  const done = await stripe.paymentIntents.confirm(id, { ...back, payment_method: better.id });
  expect(done).toMatchObject({ status: "succeeded", last_payment_error: null });
});

test.each([
  ["pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"],
  ["pm_card_chargeDeclinedLostCard", "card_declined", "lost_card"],
  ["pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"],
  ["pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"],
  ["pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"],
])("%s is refused with %s (%s)", async (payment_method, code, decline_code) => {
  const { stripe } = await openSandbox();
  const attempt = stripe.paymentIntents.create({ ...sum, ...back, payment_method, confirm: true });
  await expect(attempt).rejects.toMatchObject({ statusCode: 402, code, decline_code });
});

test("3-D Secure asks on the bank's page and leads back to the shop, whatever is answered", async () => {
  const { stripe } = await openSandbox();
  const holder = await holderOf(stripe, "pm_card_authenticationRequired");
  const { id } = await stripe.paymentIntents.create({ ...sum, ...holder });
  const ask = async () => {
    const intent = await stripe.paymentIntents.confirm(id, { ...back, payment_method: holder.payment_method });
    expect(intent).toMatchObject({ status: "requires_action", next_action: { type: "redirect_to_url" } });
    return intent.next_action?.redirect_to_url?.url ?? "";
  };

  const url = await ask();
  expect(await (await fetch(url)).text()).toContain("$29.00");
  expect((await fetch(url.replace(/secret_.*/, "secret_guess"))).status).toBe(404);
  const refused = await post(url, { action: "fail" });
  expect(refused.headers.get("location")).toContain("redirect_status=failed");
  expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
    status: "requires_payment_method",
    last_payment_error: { code: "payment_intent_authentication_failure" },
  });

  const approved = await post(await ask(), { action: "authorize" });
  const address = new URL(approved.headers.get("location") ?? "");
  expect(address.href).toMatch(/^http:\/\/shop\.test\/back\?/);
  expect(Object.fromEntries(address.searchParams)).toMatchObject({ payment_intent: id, redirect_status: "succeeded" });
  expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status: "succeeded", next_action: null });
  expect(await eventTypes(stripe)).toEqual(
    expect.arrayContaining([
      "payment_intent.requires_action",
      "payment_intent.payment_failed",
      "payment_intent.succeeded",
    ]),
  );
});

test("with nobody there to answer the bank, a question is a decline", async () => {
  const { stripe } = await openSandbox();
  const holder = await holderOf(stripe, "pm_card_authenticationRequired");
  await expect(
    stripe.paymentIntents.create({ ...sum, ...holder, confirm: true, off_session: true }),
  ).rejects.toMatchObject({
    statusCode: 402,
    code: "authentication_required",
    decline_code: "authentication_required",
  });
  await expect(
    stripe.paymentIntents.create({ ...sum, ...holder, ...back, confirm: true, error_on_requires_action: true }),
  ).rejects.toMatchObject({ statusCode: 402, decline_code: "authentication_not_handled" });
});

test("a card set up once is charged later without its holder", async () => {
  const { stripe } = await openSandbox();
  const customer = (await stripe.customers.create()).id;
  const payment_method = (await stripe.paymentMethods.attach("pm_card_authenticationRequiredOnSetup", { customer })).id;
  const charge = () =>
    stripe.paymentIntents.create({ ...sum, customer, payment_method, confirm: true, off_session: true });
  await expect(charge()).rejects.toMatchObject({ code: "authentication_required" });

  const setup = await stripe.setupIntents.create({ customer, payment_method, confirm: true, ...back });
  expect(setup.status).toBe("requires_action");
  const answer = await post(setup.next_action?.redirect_to_url?.url ?? "", { action: "authorize" });
  expect(answer.headers.get("location")).toContain(`setup_intent=${setup.id}`);
  expect(await charge()).toMatchObject({ status: "succeeded" });
});

test("held money is captured in part or let go", async () => {
  const { stripe } = await openSandbox();
  const request = { ...sum, ...back, confirm: true, capture_method: "manual" as const };
  const held = await stripe.paymentIntents.create({ ...request, payment_method: "pm_card_visa" });
  expect(held).toMatchObject({ status: "requires_capture", amount_capturable: 2900, amount_received: 0 });
  await expect(stripe.paymentIntents.capture(held.id, { amount_to_capture: 2901 })).rejects.toThrow("greater than");
  const taken = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 2000, expand: ["latest_charge"] });
  expect(taken).toMatchObject({
    status: "succeeded",
    amount_received: 2000,
    latest_charge: { captured: true, amount_captured: 2000, amount_refunded: 900 },
  });
  await expect(stripe.paymentIntents.cancel(held.id)).rejects.toThrow("has a status of succeeded");

  const other = await stripe.paymentIntents.create({ ...request, payment_method: "pm_card_visa" });
  const canceled = await stripe.paymentIntents.cancel(other.id, { cancellation_reason: "duplicate" });
  expect(canceled).toMatchObject({ status: "canceled", cancellation_reason: "duplicate", amount_capturable: 0 });
  await expect(stripe.paymentIntents.capture(other.id)).rejects.toThrow("has a status of canceled");
  const types = await eventTypes(stripe);
  expect(types).toEqual(expect.arrayContaining(["payment_intent.amount_capturable_updated", "charge.captured"]));
  expect(types.slice(-2)).toEqual(["charge.refunded", "payment_intent.canceled"]);
});

test("amounts too small, too large or in no currency's step are refused", async () => {
  const { stripe } = await openSandbox();
  const create = (amount: number, currency: string) => stripe.paymentIntents.create({ amount, currency });
  await expect(create(0, "usd")).rejects.toMatchObject({ code: "parameter_invalid_integer", param: "amount" });
  await expect(create(49, "usd")).rejects.toThrow("Amount must be at least $0.50 usd");
  await expect(create(49, "jpy")).rejects.toMatchObject({ code: "amount_too_small" });
  await expect(create(100_000_000, "usd")).rejects.toMatchObject({ code: "amount_too_large" });
  await expect(create(5001, "kwd")).rejects.toThrow("divisible by 10");
  expect(await create(50, "jpy")).toMatchObject({ amount: 50, currency: "jpy" });
});

test("a card pays for its owner only, and a card of nobody pays once", async () => {
  const { stripe } = await openSandbox();
  const { payment_method } = await holderOf(stripe, "pm_card_visa");
  const another = (await stripe.customers.create()).id;
  await expect(stripe.paymentIntents.create({ ...sum, payment_method })).rejects.toThrow("Please include the Customer");
  await expect(stripe.paymentIntents.create({ ...sum, payment_method, customer: another })).rejects.toThrow(
    "does not belong to the Customer",
  );
  const loose = await stripe.paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
  const once = { ...sum, ...back, payment_method: loose.id, confirm: true };
  await stripe.paymentIntents.create(once);
  await expect(stripe.paymentIntents.create(once)).rejects.toThrow("may not be used again");
});

test("setup_future_usage saves the card to the customer once it has paid", async () => {
  const { stripe } = await openSandbox();
  const customer = (await stripe.customers.create()).id;
  const request = { ...sum, ...back, customer, confirm: true, setup_future_usage: "off_session" as const };
  await stripe.paymentIntents.create({ ...request, payment_method: "pm_card_visa" });
  expect((await stripe.paymentMethods.list({ customer })).data).toMatchObject([{ card: { last4: "4242" } }]);
});

test("answering the bank about an incomplete subscription's payment makes it active", async () => {
  const { stripe } = await openSandbox();
  const holder = await holderOf(stripe, "pm_card_authenticationRequired");
  const session = await openCheckout(stripe);
  const [line] = (await stripe.checkout.sessions.listLineItems(session.id)).data;
  const { id } = await stripe.subscriptions.create({
    customer: holder.customer,
    default_payment_method: holder.payment_method,
    items: [{ price: line?.price?.id ?? "" }],
  });
  const [payment] = (await stripe.invoicePayments.list({ expand: ["data.payment.payment_intent"] })).data;
  const intent = payment?.payment.payment_intent;
  if (typeof intent !== "object") throw new Error("the invoice has a payment intent");
  await expect(stripe.paymentIntents.cancel(intent.id)).rejects.toThrow("voiding the invoice");
  await expect(stripe.paymentIntents.update(intent.id, { amount: 100 })).rejects.toThrow("follows the invoice");
  const asked = await stripe.paymentIntents.confirm(intent.id, { payment_method: holder.payment_method, ...back });
  await post(asked.next_action?.redirect_to_url?.url ?? "", { action: "authorize" });
  expect(await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] })).toMatchObject({
    status: "active",
    latest_invoice: { status: "paid", amount_remaining: 0 },
  });
  expect((await eventTypes(stripe)).slice(-6).sort()).toEqual([
    "charge.succeeded",
    "customer.subscription.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
    "payment_intent.succeeded",
  ]);
});
