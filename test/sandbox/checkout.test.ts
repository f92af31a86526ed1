import { expect, test } from "vitest";
import { eventTypes, openCheckout, openReceiver, openSandbox, pay, post } from "./support.js";

const secret = "whsec_sandboxtest";

test("paying on the hosted page starts a subscription and tells the webhook endpoint in Stripe's order", async () => {
  const receiver = await openReceiver();
  const { stripe, settled } = await openSandbox({ webhookEndpoint: { url: receiver.url, secret } });
  const session = await openCheckout(stripe, {
    customer_email: "ada@example.com",
    client_reference_id: "user_1",
    metadata: { plan: "professional" },
    subscription_data: { metadata: { user: "1" } },
  });

  const page = await fetch(session.url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("$29.99");
  const answer = await pay(session.url);
  expect(answer.status).toBe(303);
  expect(answer.headers.get("location")).toBe(`http://shop.test/done?session=${session.id}`);

  const done = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ["subscription.default_payment_method", "invoice.payments.data", "customer"],
  });
  expect(done).toMatchObject({
    status: "complete",
    payment_status: "paid",
    url: null,
    client_reference_id: "user_1",
    customer: { email: "ada@example.com", name: "Ada Lovelace", currency: "usd" },
    subscription: { status: "active", metadata: { user: "1" }, default_payment_method: { card: { last4: "4242" } } },
    invoice: {
      status: "paid",
      amount_paid: 2999,
      number: expect.stringMatching(/-0001$/),
      lines: { data: [{ description: "1 × Professional (at $29.99 / month)" }] },
      payments: { data: [{ status: "paid", amount_paid: 2999 }] },
    },
  });

  await settled();
  const sequence = [
    "product.created",
    "price.created",
    "charge.succeeded",
    "payment_method.attached",
    "customer.created",
    "customer.updated",
    "checkout.session.completed",
    "customer.subscription.created",
    "payment_intent.succeeded",
    "payment_intent.created",
    "invoice.created",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
  ];
  expect(await eventTypes(stripe)).toEqual(sequence);
  const received = receiver.received.map(({ body, headers }) =>
    stripe.webhooks.constructEvent(body, String(headers["stripe-signature"]), secret),
  );
  expect(received.map((event) => event.type).sort()).toEqual([...sequence].sort());
  const draft = received.find((event) => event.type === "invoice.created");
  expect(draft?.data.object).toMatchObject({ status: "draft", number: null });
});

test("two payments at the same moment make one charge", async () => {
  const { stripe } = await openSandbox();
  const session = await openCheckout(stripe, { customer_email: "ada@example.com" });
  const answers = await Promise.all([pay(session.url), pay(session.url)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 303]);
  expect((await stripe.charges.list()).data).toHaveLength(1);
  expect((await stripe.subscriptions.list()).data).toHaveLength(1);
});

test.each([
  ["4000 0000 0000 0002", 402, "Your card was declined."],
  ["4000 0000 0000 9995", 402, "Your card has insufficient funds."],
  ["4000 0000 0000 0069", 402, "Your card has expired."],
  ["4000 0000 0000 0127", 402, "security code is incorrect."],
  ["4000 0000 0000 0119", 402, "An error occurred while processing your card."],
  ["4000 0000 0000 0341", 402, "Your card was declined."],
  ["4242 4242 4242 4241", 200, "Your card number is invalid."],
  ["4111 1111 1111 1111", 200, "used a non test (live) card"],
])("card %s is refused on the page, which says why", async (number, status, message) => {
  const { stripe } = await openSandbox();
  const session = await openCheckout(stripe, { customer_email: "ada@example.com" });
  const answer = await pay(session.url, { number });
  expect(answer.status).toBe(status);
  const html = await answer.text();
  expect(html).toContain(message);
  expect(html).toContain("Ada Lovelace");
  expect(html).not.toContain(`value="${number}"`);
  expect((await stripe.subscriptions.list({ status: "all" })).data).toEqual([]);
});

test("after a decline another card pays with the same payment intent", async () => {
  const { stripe } = await openSandbox();
  const session = await openCheckout(stripe, { customer_email: "ada@example.com" });
  await pay(session.url, { number: "4000000000000002" });
  expect((await eventTypes(stripe)).slice(-3)).toEqual([
    "charge.failed",
    "payment_intent.created",
    "payment_intent.payment_failed",
  ]);
  expect((await pay(session.url)).status).toBe(303);
  const [intent, ...others] = (await stripe.paymentIntents.list()).data;
  expect(others).toEqual([]);
  expect(intent).toMatchObject({ status: "succeeded", last_payment_error: null });
  expect((await stripe.charges.list()).data.map((charge) => charge.status)).toEqual(["succeeded", "failed"]);
});

test("a card that asks for authentication pays once the customer authorizes, and not if they fail", async () => {
  const { stripe } = await openSandbox();
  const session = await openCheckout(stripe, { customer_email: "ada@example.com" });
  const asked = await pay(session.url, { number: "4000 0027 6000 3184" });
  expect(await asked.text()).toContain("3184");
  const failed = await post(session.url, { action: "fail" });
  expect(failed.status).toBe(402);
  expect(await failed.text()).toContain("unable to authenticate");

  await pay(session.url, { number: "4000 0027 6000 3184" });
  expect((await post(session.url, { action: "authorize" })).status).toBe(303);
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
    status: "complete",
    payment_status: "paid",
  });
});

test("authorizing without a payment begun charges nothing", async () => {
  const { stripe } = await openSandbox();
  const session = await openCheckout(stripe, { customer_email: "ada@example.com" });
  expect((await post(session.url, { action: "authorize" })).status).toBe(200);
  expect((await stripe.charges.list()).data).toEqual([]);
});

test("cancelling leads back to the shop and leaves the session open", async () => {
  const { stripe } = await openSandbox();
  const session = await openCheckout(stripe, { customer_email: "ada@example.com" });
  const answer = await post(session.url, { action: "cancel" });
  expect(answer.status).toBe(303);
  expect(answer.headers.get("location")).toBe("http://shop.test/plans");
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ status: "open" });
});

test("a session expires by the clock and can no longer be paid", async () => {
  const { stripe, advance } = await openSandbox();
  const session = await openCheckout(stripe, { customer_email: "ada@example.com" });
  await advance(25 * 3600);
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ status: "expired", url: null });
  const [event] = (await stripe.events.list({ type: "checkout.session.expired" })).data;
  expect(event?.created).toBe(session.expires_at);
  const answer = await pay(session.url);
  expect(await answer.text()).toContain("expired");
  expect((await stripe.charges.list()).data).toEqual([]);
});

test("a session can be expired by the API, once", async () => {
  const { stripe } = await openSandbox();
  const session = await openCheckout(stripe);
  expect(await stripe.checkout.sessions.expire(session.id)).toMatchObject({ status: "expired" });
  await expect(stripe.checkout.sessions.expire(session.id)).rejects.toMatchObject({ statusCode: 400 });
});

test("a trial starts without a charge and with an invoice of nothing", async () => {
  const { stripe } = await openSandbox();
  const session = await openCheckout(stripe, {
    customer_email: "ada@example.com",
    subscription_data: { trial_period_days: 14 },
  });
  expect(session.amount_total).toBe(0);
  expect((await pay(session.url)).status).toBe(303);
  const [subscription] = (await stripe.subscriptions.list()).data;
  expect(subscription).toMatchObject({ status: "trialing" });
  expect((subscription?.trial_end ?? 0) - (subscription?.trial_start ?? 0)).toBe(14 * 86_400);
  const [invoice] = (await stripe.invoices.list()).data;
  expect(invoice).toMatchObject({ status: "paid", amount_due: 0 });
  expect((await stripe.charges.list()).data).toEqual([]);
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ payment_status: "no_payment_required" });
});

test("a promotion code typed on the page takes its share off", async () => {
  const { stripe } = await openSandbox();
  const coupon = await stripe.coupons.create({ percent_off: 25, duration: "forever", name: "A quarter off" });
  await stripe.promotionCodes.create({ code: "QUARTER", promotion: { type: "coupon", coupon: coupon.id } });
  const session = await openCheckout(stripe, { customer_email: "ada@example.com", allow_promotion_codes: true });
  expect(await (await post(session.url, { action: "apply", promotion_code: "NONSENSE" })).text()).toContain(
    "This code is invalid.",
  );
  expect(await (await post(session.url, { action: "apply", promotion_code: "quarter" })).text()).toContain("$22.49");
  expect((await pay(session.url)).status).toBe(303);
  const [invoice] = (await stripe.invoices.list({ expand: ["data.discounts.source.coupon"] })).data;
  expect(invoice).toMatchObject({
    subtotal: 2999,
    total: 2249,
    amount_paid: 2249,
    discounts: [{ source: { coupon: { id: coupon.id, times_redeemed: 1 } } }],
  });
});

test.each([
  { balance: -1000, due: 1999, left: 0, shown: "−$10.00", status: "paid" },
  { balance: -5000, due: 0, left: -2001, shown: "−$29.99", status: "no_payment_required" },
  { balance: 300, due: 3299, left: 0, shown: "$3.00", status: "paid" },
])("a customer with a balance of $balance pays $due of 2999", async ({ balance, due, left, shown, status }) => {
  const { stripe } = await openSandbox();
  const customer = await stripe.customers.create({ email: "ada@example.com", balance });
  const session = await openCheckout(stripe, { customer: customer.id });
  expect(session.amount_total).toBe(2999);
  const page = await (await fetch(session.url)).text();
  for (const part of ["Applied balance", shown.replace("−", "-"), `Pay $${(due / 100).toFixed(2)}`])
    expect(page.replaceAll("−", "-")).toContain(part);
  expect((await pay(session.url)).status).toBe(303);
  const charges = (await stripe.charges.list()).data.map(({ amount }) => amount);
  expect(charges).toEqual(due === 0 ? [] : [due]);
  const [invoice] = (await stripe.invoices.list()).data;
  expect(invoice).toMatchObject({
    status: "paid",
    total: 2999,
    amount_due: due,
    amount_paid: due,
    ending_balance: left,
  });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: left });
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ payment_status: status });
});

test("a customer cannot subscribe in two currencies", async () => {
  const { stripe } = await openSandbox();
  const customer = await stripe.customers.create({ email: "ada@example.com" });
  const session = await openCheckout(stripe, { customer: customer.id });
  await pay(session.url);
  const price = await stripe.prices.create({
    currency: "eur",
    unit_amount: 1000,
    recurring: { interval: "month" },
    product_data: { name: "Euro" },
  });
  await expect(
    openCheckout(stripe, { customer: customer.id, line_items: [{ price: price.id, quantity: 1 }] }),
  ).rejects.toThrow("You cannot combine currencies on a single customer.");
});

test("a price is charged in the currency that the session names, and in no other one beside it", async () => {
  const { stripe } = await openSandbox();
  const customer = await stripe.customers.create({ email: "ada@example.com" });
  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount: 2999,
    currency_options: { jpy: { unit_amount: 4500 } },
    recurring: { interval: "month" },
    product_data: { name: "Professional" },
  });
  const order = { customer: customer.id, line_items: [{ price: price.id, quantity: 2 }] };
  await expect(openCheckout(stripe, { ...order, currency: "eur" })).rejects.toThrow("expected currency: `eur`");
  const session = await openCheckout(stripe, { ...order, currency: "JPY" });
  expect(session).toMatchObject({ currency: "jpy", amount_total: 9000 });
  // A page that waits to be paid binds as well.
  await expect(openCheckout(stripe, { ...order, currency: "usd" })).rejects.toThrow("cannot combine currencies");
  const page = await (await fetch(session.url)).text();
  for (const shown of ["Professional (2 × ¥4,500)", "¥9,000 <small>per month", "Pay ¥9,000"])
    expect(page).toContain(shown);
  await pay(session.url);
  const [subscription] = (await stripe.subscriptions.list()).data;
  expect(subscription).toMatchObject({ currency: "jpy", items: { data: [{ price: { id: price.id }, quantity: 2 }] } });
  expect((await stripe.invoices.list()).data).toMatchObject([{ currency: "jpy", amount_paid: 9000 }]);
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ currency: "jpy" });
});

test("automatic tax needs a place to work it out from, and comes to nothing here", async () => {
  const { stripe } = await openSandbox();
  const customer = await stripe.customers.create({ email: "ada@example.com" });
  const taxed = { customer: customer.id, automatic_tax: { enabled: true } };
  await expect(openCheckout(stripe, taxed)).rejects.toMatchObject({ code: "customer_tax_location_invalid" });
  const session = await openCheckout(stripe, { ...taxed, customer_update: { address: "auto" } });
  expect(session.automatic_tax).toMatchObject({ enabled: true, status: "requires_location_inputs" });
  await pay(session.url);
  expect((await stripe.checkout.sessions.retrieve(session.id)).automatic_tax.status).toBe("complete");
  const [invoice] = (await stripe.invoices.list()).data;
  expect(invoice).toMatchObject({ total: 2999, total_taxes: [], automatic_tax: { enabled: true, status: "complete" } });
});
