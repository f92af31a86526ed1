import { expect, test } from "vitest";
import { eventsOf, invoicesOf, subscribed } from "./subscribed.js";
import { control, monthlyPrice, openSandbox } from "./support.js";

test("default_incomplete: nobody is asked until the invoice is paid, and then the subscription is active", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox, { payment_behavior: "default_incomplete" });
  expect(subscription.status).toBe("incomplete");
  const [invoice] = await invoicesOf(stripe, subscription);
  expect(invoice).toMatchObject({ status: "open", attempt_count: 0, attempted: false });
  const shown = await stripe.invoices.retrieve(String(invoice?.id), { expand: ["confirmation_secret", "payments"] });
  expect(shown.confirmation_secret?.client_secret).toMatch(/^pi_.*_secret_/);
  expect(shown.payments?.data).toMatchObject([{ status: "open", amount_requested: 2999 }]);

  const events = await eventsOf(stripe, () => stripe.invoices.pay(String(invoice?.id)));
  expect(events).toEqual(expect.arrayContaining(["invoice.paid", "customer.subscription.updated"]));
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
  await sandbox.advance(24 * 3600);
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
});

test("an incomplete subscription gives up after 23 hours; until then only metadata and the card change", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { id } = await subscribed(sandbox, { card: "pm_card_chargeCustomerFail" });
  await stripe.subscriptions.update(id, { metadata: { note: "waiting" } });
  await expect(stripe.subscriptions.update(id, { trial_end: "now" })).rejects.toThrow("incomplete");
  await sandbox.advance(23 * 3600 - 5);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("incomplete");
  const events = await eventsOf(stripe, () => sandbox.advance(10));
  expect(events.toSorted()).toEqual(["customer.subscription.updated", "invoice.voided"]);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("incomplete_expired");
});

test("error_if_incomplete creates nothing when the card is declined", async () => {
  const sandbox = await openSandbox();
  await expect(
    subscribed(sandbox, { card: "pm_card_chargeCustomerFail", payment_behavior: "error_if_incomplete" }),
  ).rejects.toMatchObject({ statusCode: 402 });
  expect((await sandbox.stripe.invoices.list()).data).toEqual([]);
  expect((await sandbox.stripe.subscriptions.list({ status: "all" })).data).toEqual([]);
});

test("a trial may be said to end at an instant", async () => {
  const sandbox = await openSandbox();
  const trial_end = Math.floor(sandbox.now().getTime() / 1000) + 5000;
  expect(await subscribed(sandbox, { trial_end })).toMatchObject({ status: "trialing", trial_end });
});

test("credit pays a first invoice too", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const created = await stripe.customers.create();
  await control(sandbox, "PUT", "/objects", { object: { ...created, balance: -5000 } });
  const price = await monthlyPrice(stripe);
  const subscription = await stripe.subscriptions.create({ customer: created.id, items: [{ price: price.id }] });
  expect(subscription.status).toBe("active");
  expect(await stripe.customers.retrieve(created.id)).toMatchObject({ balance: -2001 });
});

test("the card that pays the first invoice is the subscription's own, if that was asked for", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const begun = await subscribed(sandbox, {
    card: null,
    payment_behavior: "default_incomplete",
    payment_settings: { save_default_payment_method: "on_subscription", payment_method_types: ["card"] },
    expand: ["latest_invoice.payments"],
  });
  expect(begun.payment_settings).toMatchObject({ payment_method_types: ["card"] });
  if (typeof begun.latest_invoice === "string") throw new Error("It was to be expanded.");
  const [payment] = begun.latest_invoice?.payments?.data ?? [];
  const intent = await stripe.paymentIntents.confirm(String(payment?.payment.payment_intent), {
    payment_method: "pm_card_visa",
    return_url: "https://example.com/",
  });
  const active = await stripe.subscriptions.retrieve(begun.id);
  expect(active).toMatchObject({ status: "active", default_payment_method: intent.payment_method });

  const customer = String(begun.customer);
  const card = await stripe.paymentMethods.attach("pm_card_mastercard", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  const items = [{ price: (await monthlyPrice(stripe)).id }];
  const plain = await stripe.subscriptions.create({ customer, items });
  expect(plain.default_payment_method).toBe(null);
  const payment_settings = { save_default_payment_method: "on_subscription" as const };
  const keeping = await stripe.subscriptions.create({ customer, items, payment_settings });
  expect(keeping).toMatchObject({ status: "active", default_payment_method: card.id });
  const off = { save_default_payment_method: "off" as const };
  expect(await stripe.subscriptions.update(keeping.id, { payment_settings: off })).toMatchObject({
    payment_settings: { save_default_payment_method: "off", payment_method_types: null },
  });
});

test("a trial without a card can ready one at once, which its first real invoice is then charged to", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const begun = await subscribed(sandbox, {
    card: null,
    payment_behavior: "default_incomplete",
    payment_settings: { save_default_payment_method: "on_subscription" },
    trial_period_days: 3,
    expand: ["pending_setup_intent"],
  });
  if (!begun.pending_setup_intent || typeof begun.pending_setup_intent === "string") throw new Error("It waits.");
  expect(begun).toMatchObject({ status: "trialing", pending_setup_intent: { status: "requires_payment_method" } });
  const ready = await stripe.setupIntents.confirm(begun.pending_setup_intent.id, {
    payment_method: "pm_card_visa",
    return_url: "https://example.com/",
  });
  expect(await stripe.subscriptions.retrieve(begun.id)).toMatchObject({
    pending_setup_intent: null,
    default_payment_method: ready.payment_method,
  });
  await sandbox.advance(3 * 86_400 + 3600);
  expect((await invoicesOf(stripe, begun)).at(-1)).toMatchObject({ status: "paid", amount_paid: 2999 });
});
