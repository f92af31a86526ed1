import { expect, test } from "vitest";
import { at, day, eventsOf, invoicesOf, moveTo, periodOf, priceOf, subscribed } from "./subscribed.js";
import { control, openReceiver, openSandbox } from "./support.js";

test("a renewal is a draft at the period's end, and an hour later it is paid", async () => {
  const sandbox = await openSandbox({ startAt: new Date("2027-01-10T12:00:00Z") });
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox);
  const { end } = periodOf(subscription);
  await moveTo(sandbox, end - 1);
  expect(await invoicesOf(stripe, subscription)).toHaveLength(1);

  const begun = await eventsOf(stripe, () => moveTo(sandbox, end));
  expect(begun.toSorted()).toEqual(["customer.subscription.updated", "invoice.created"]);
  const [, draft] = await invoicesOf(stripe, subscription);
  expect(draft).toMatchObject({
    status: "draft",
    billing_reason: "subscription_cycle",
    created: end,
    automatically_finalizes_at: end + 3600,
    number: null,
  });
  const renewed = await stripe.subscriptions.retrieve(subscription.id);
  expect(renewed).toMatchObject({ status: "active", latest_invoice: draft?.id });
  expect(periodOf(renewed).start).toBe(end);

  const paid = await eventsOf(stripe, () => moveTo(sandbox, end + 3600));
  expect(paid.toSorted()).toEqual([
    "charge.succeeded",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
    "payment_intent.created",
    "payment_intent.succeeded",
  ]);
  const [, invoice] = await invoicesOf(stripe, subscription);
  expect(invoice).toMatchObject({
    status: "paid",
    amount_paid: 2999,
    attempt_count: 1,
    status_transitions: { finalized_at: end + 3600, paid_at: end + 3600 },
  });
});

test("what changed at a renewal is told: the items' period", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox);
  await moveTo(sandbox, periodOf(subscription).end);
  const [event] = (await stripe.events.list({ type: "customer.subscription.updated" })).data;
  expect(event?.data.previous_attributes).toMatchObject({
    items: { data: [{ current_period_end: periodOf(subscription).end }] },
    latest_invoice: subscription.latest_invoice,
  });
});

test("a year of months from the 31st clamps to each month's end and comes back", async () => {
  const sandbox = await openSandbox({ startAt: new Date("2027-01-31T12:00:00Z") });
  const subscription = await subscribed(sandbox);
  await moveTo(sandbox, at("2028-02-01T00:00:00Z"));
  const invoices = await invoicesOf(sandbox.stripe, subscription);
  const days = invoices.map(({ created }) => new Date(created * 1000).toISOString().slice(0, 10));
  expect(days).toEqual([
    "2027-01-31",
    "2027-02-28",
    "2027-03-31",
    "2027-04-30",
    "2027-05-31",
    "2027-06-30",
    "2027-07-31",
    "2027-08-31",
    "2027-09-30",
    "2027-10-31",
    "2027-11-30",
    "2027-12-31",
    "2028-01-31",
  ]);
  expect(invoices.every(({ status }) => status === "paid")).toBe(true);
});

test("everything between two instants happens in order, across subscriptions", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const weekly = await priceOf(stripe, 500, { interval: "week" });
  await subscribed(sandbox, { items: [{ price: weekly.id }] });
  await subscribed(sandbox);
  await sandbox.advance(40 * day);
  const events = (await stripe.events.list({ limit: 100 })).data.reverse();
  const instants = events.map(({ created }) => created);
  expect(instants).toEqual(instants.toSorted((one, other) => one - other));
  expect(events.filter(({ type }) => type === "invoice.paid")).toHaveLength(8);
});

test("a card that fails is tried again after 3, 5 and 7 days, and then the subscription is unpaid", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox);
  const customer = String(subscription.customer);
  const broken = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: broken.id });
  const { end } = periodOf(subscription);

  const failing = await eventsOf(stripe, () => moveTo(sandbox, end + 3600));
  expect(failing).toEqual(
    expect.arrayContaining(["charge.failed", "payment_intent.payment_failed", "invoice.payment_failed"]),
  );
  const [, invoice] = await invoicesOf(stripe, subscription);
  expect(invoice).toMatchObject({ status: "open", attempt_count: 1, next_payment_attempt: end + 3600 + 3 * day });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("past_due");

  await moveTo(sandbox, end + 3600 + 15 * day);
  expect((await invoicesOf(stripe, subscription))[1]).toMatchObject({ attempt_count: 4, next_payment_attempt: null });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("unpaid");

  // Invoices go on being made and stay drafts. https://docs.stripe.com/billing/subscriptions/overview
  await moveTo(sandbox, end + 32 * day);
  const statuses = (await invoicesOf(stripe, subscription)).map(({ status }) => status);
  expect(statuses).toEqual(["paid", "open", "draft"]);
});

test("a new card in time makes the next attempt succeed, the subscription active and the customer no longer delinquent", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox);
  const customer = String(subscription.customer);
  const good = subscription.default_payment_method;
  const broken = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: broken.id });
  const { end } = periodOf(subscription);
  await moveTo(sandbox, end + 3600);
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ delinquent: true });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: String(good) });
  await moveTo(sandbox, end + 3600 + 3 * day);
  expect((await invoicesOf(stripe, subscription))[1]).toMatchObject({ status: "paid", attempt_count: 2 });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ delinquent: false });
  const intents = (await stripe.paymentIntents.list({ customer })).data;
  expect(intents.map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
});

test.each([
  ["cancel", "canceled"],
  ["past_due", "past_due"],
] as const)("when all retries have failed, the account's setting decides: %s", async (setting, status) => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const settings = { retry_after_days: [1], after_last_retry: setting };
  expect((await control(sandbox, "POST", "/billing", settings)).status).toBe(200);
  const subscription = await subscribed(sandbox);
  const customer = String(subscription.customer);
  const broken = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: broken.id });
  await moveTo(sandbox, periodOf(subscription).end + 3600 + day);
  const ended = await stripe.subscriptions.retrieve(subscription.id);
  expect(ended.status).toBe(status);
  if (status === "canceled") expect(ended.cancellation_details?.reason).toBe("payment_failed");
});

test("a subscription told to end is not renewed at the same instant", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox);
  await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
  const events = await eventsOf(stripe, () => moveTo(sandbox, periodOf(subscription).end + day));
  expect(events).toEqual(["customer.subscription.deleted"]);
  expect(await invoicesOf(stripe, subscription)).toHaveLength(1);
});

test("credit pays a renewal as far as it goes", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const subscription = await subscribed(sandbox);
  const customer = await stripe.customers.retrieve(String(subscription.customer));
  await control(sandbox, "PUT", "/objects", { object: { ...customer, balance: -4000 } });
  await moveTo(sandbox, periodOf(subscription).end + 3600);
  expect((await invoicesOf(stripe, subscription))[1]).toMatchObject({
    status: "paid",
    amount_due: 0,
    amount_paid: 0,
    starting_balance: -4000,
    ending_balance: -1001,
  });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -1001 });
  await sandbox.advance(31 * day);
  expect((await invoicesOf(stripe, subscription))[2]).toMatchObject({ amount_paid: 1998, ending_balance: 0 });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: 0 });
});

test("the state goes on where it was: what was due while the sandbox was stopped is done once", async () => {
  const sandbox = await openSandbox();
  const subscription = await subscribed(sandbox);
  await moveTo(sandbox, periodOf(subscription).end);
  const again = await eventsOf(sandbox.stripe, () => sandbox.advance(3600));
  expect(again.filter((type) => type === "invoice.paid")).toHaveLength(1);
  expect(await eventsOf(sandbox.stripe, () => sandbox.advance(60))).toEqual([]);
});

test("advancing returns when all deliveries have been answered", async () => {
  const receiver = await openReceiver();
  const sandbox = await openSandbox({ webhookEndpoint: { url: receiver.url, secret: "whsec_test" } });
  const subscription = await subscribed(sandbox);
  await sandbox.settled();
  receiver.received.length = 0;
  await moveTo(sandbox, periodOf(subscription).end + 3600);
  const types = receiver.received.map(({ body }) => JSON.parse(body).type);
  expect(types).toEqual(expect.arrayContaining(["invoice.created", "invoice.paid", "invoice_payment.paid"]));
});
