import type Stripe from "stripe";
import { expect, test } from "vitest";
import { openMeter } from "./meter-support.js";
import { day, eventsOf, invoicesOf, moveTo, periodOf, priceOf, subscribed } from "./subscribed.js";
import { openSandbox, type TestSandbox } from "./support.js";

const resumed = "customer.subscription.resumed";
const updated = "customer.subscription.updated";
const amounts = ({ lines }: Stripe.Invoice) => lines.data.map(({ amount }) => amount);

/** On $10.00 a month of 30 days, paused halfway. */
async function pausedHalfway(sandbox: TestSandbox, params: Stripe.SubscriptionPauseParams = {}) {
  const { stripe } = sandbox;
  const ten = await priceOf(stripe, 1000);
  const subscription = await subscribed(sandbox, { items: [{ price: ten.id }] });
  const { start, end } = periodOf(subscription);
  await moveTo(sandbox, (start + end) / 2);
  const paused = await stripe.subscriptions.pause(subscription.id, params);
  const useCard = async (card: string) => {
    const { id } = await stripe.paymentMethods.attach(card, { customer: String(subscription.customer) });
    await stripe.subscriptions.update(subscription.id, { default_payment_method: id });
  };
  return { subscription, paused, id: subscription.id, useCard };
}

const open = () => openSandbox({ startAt: new Date("2027-04-01T00:00:00Z") });
const latest = async (stripe: Stripe, id: string) => {
  const { latest_invoice } = await stripe.subscriptions.retrieve(id);
  return stripe.invoices.retrieve(String(latest_invoice));
};

test("a pause ends the period, gives unused time back and invoices nothing; resumed, a new period waits to be paid", async () => {
  const sandbox = await open();
  const { stripe } = sandbox;
  const { subscription, paused, id } = await pausedHalfway(sandbox);
  expect(paused).toMatchObject({
    status: "paused",
    status_details: { paused: { subscription: { type: "pause_requested" }, type: "subscription" } },
  });
  expect(periodOf(paused).end).toBe(paused.status_details?.paused.transitioned_at);
  await sandbox.advance(90 * day);
  expect(await invoicesOf(stripe, subscription)).toHaveLength(1);

  const waiting = await stripe.subscriptions.resume(id);
  expect(waiting).toMatchObject({ status: "paused", pending_update: { subscription_items: null } });
  const invoice = await latest(stripe, id);
  expect(amounts(invoice)).toEqual([-500, 1000]);
  expect(invoice).toMatchObject({ status: "open", attempt_count: 0, amount_due: 500 });
  const events = await eventsOf(stripe, () => stripe.invoices.pay(invoice.id));
  expect(events.filter((type) => type.startsWith("customer.subscription"))).toEqual([resumed, updated]);
  const running = await stripe.subscriptions.retrieve(id);
  expect(running).toMatchObject({ status: "active", pending_update: null });
  expect(running.billing_cycle_anchor).toBe(waiting.pending_update?.billing_cycle_anchor);
  expect(periodOf(running).start).toBe(running.billing_cycle_anchor);
});

test("a resumption that is not tried for 23 hours, or is voided, leaves the pause and its credit as they were", async () => {
  const sandbox = await open();
  const { stripe } = sandbox;
  const { subscription, id } = await pausedHalfway(sandbox);
  await stripe.subscriptions.resume(id);
  const events = await eventsOf(stripe, () => sandbox.advance(23 * 3600));
  expect(events).toEqual(["invoice.voided", "customer.subscription.pending_update_expired", updated]);
  await stripe.subscriptions.resume(id);
  await stripe.invoices.voidInvoice((await latest(stripe, id)).id);
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "paused", pending_update: null });
  const pending = await stripe.invoiceItems.list({ customer: String(subscription.customer), pending: true });
  expect(pending.data.map(({ amount }) => amount)).toEqual([-500]);

  await stripe.subscriptions.resume(id);
  await stripe.invoices.markUncollectible((await latest(stripe, id)).id);
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "active" });
});

test("a payment that fails resumes all the same, or only once it is paid, as was asked", async () => {
  const sandbox = await open();
  const { stripe } = sandbox;
  const one = await pausedHalfway(sandbox);
  await one.useCard("pm_card_chargeCustomerFail");
  await stripe.subscriptions.resume(one.id);
  await expect(stripe.invoices.pay((await latest(stripe, one.id)).id)).rejects.toMatchObject({ statusCode: 402 });
  expect(await stripe.subscriptions.retrieve(one.id)).toMatchObject({ status: "past_due", pending_update: null });
  expect(await latest(stripe, one.id)).toMatchObject({ status: "open", next_payment_attempt: null });

  const other = await pausedHalfway(sandbox);
  const payment_behavior = "resume_on_payment_success";
  await other.useCard("pm_card_chargeCustomerFail");
  expect(await stripe.subscriptions.resume(other.id, { payment_behavior })).toMatchObject({ status: "paused" });
  await other.useCard("pm_card_visa");
  await sandbox.advance(4 * day);
  expect(await stripe.subscriptions.retrieve(other.id)).toMatchObject({ status: "active" });
  expect(await latest(stripe, other.id)).toMatchObject({ status: "paid", amount_paid: 500 });

  const none = await pausedHalfway(sandbox);
  await stripe.paymentMethods.detach(String((await stripe.subscriptions.retrieve(none.id)).default_payment_method));
  await expect(stripe.subscriptions.resume(none.id, { payment_behavior })).rejects.toMatchObject({ statusCode: 400 });
  expect(await stripe.subscriptions.retrieve(none.id)).toMatchObject({ status: "paused", pending_update: null });
});

test("a pause may invoice at once, give nothing back, and ends an update that waits", async () => {
  const sandbox = await open();
  const { stripe } = sandbox;
  const { id, subscription } = await pausedHalfway(sandbox, { invoicing_behavior: "invoice" });
  expect(await latest(stripe, id)).toMatchObject({ status: "paid", total: -500 });
  expect(await stripe.customers.retrieve(String(subscription.customer))).toMatchObject({ balance: -500 });
  const nothing = await pausedHalfway(sandbox, { bill_for: { unused_time_from: { type: "none" } } });
  const { data } = await stripe.invoiceItems.list({ customer: String(nothing.subscription.customer) });
  expect(data).toEqual([]);
  // Nor by the next pause: that credits what is left of the period which resuming has begun, all of it.
  await stripe.subscriptions.resume(nothing.id, { payment_behavior: "resume_on_payment_success" });
  await stripe.subscriptions.pause(nothing.id, { type: "subscription", invoicing_behavior: "invoice" });
  expect(await latest(stripe, nothing.id)).toMatchObject({ total: -1000 });

  const upgraded = await subscribed(sandbox);
  const { id: card } = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", {
    customer: String(upgraded.customer),
  });
  await stripe.subscriptions.update(upgraded.id, { default_payment_method: card });
  const waiting = await stripe.subscriptions.update(upgraded.id, {
    items: [{ id: String(upgraded.items.data[0]?.id), quantity: 5 }],
    proration_behavior: "always_invoice",
    payment_behavior: "pending_if_incomplete",
  });
  const paused = await stripe.subscriptions.pause(upgraded.id);
  expect(paused).toMatchObject({ pending_update: null, items: { data: [{ quantity: 1 }] } });
  expect(await stripe.invoices.retrieve(String(waiting.latest_invoice))).toMatchObject({ status: "void" });
});

test("what is on trial or sent is not paused, and what is paused is not billed for a change", async () => {
  const sandbox = await open();
  const { stripe } = sandbox;
  const trial = await subscribed(sandbox, { trial_period_days: 10 });
  const sent = await subscribed(sandbox, { collection_method: "send_invoice", days_until_due: 30 });
  for (const { id } of [trial, sent]) {
    await expect(stripe.subscriptions.pause(id)).rejects.toMatchObject({ statusCode: 400 });
  }
  const { subscription, paused, id } = await pausedHalfway(sandbox);
  const items = [{ id: String(paused.items.data[0]?.id), quantity: 3 }];
  await stripe.subscriptions.update(id, { items, proration_behavior: "always_invoice" });
  expect(await invoicesOf(stripe, subscription)).toHaveLength(1);
  await stripe.subscriptions.resume(id, { payment_behavior: "resume_on_payment_success" });
  expect(amounts(await latest(stripe, id))).toEqual([-500, 3000]);
});

test("what was used of a metered item until a pause becomes pending, unless told otherwise", async () => {
  const { stripe, customer, meter, send, advance } = await openMeter();
  const recurring = { interval: "month", usage_type: "metered", meter: meter.id } as const;
  const price = await priceOf(stripe, 10, recurring);
  const pauseAfterUse = async (params: Stripe.SubscriptionPauseParams) => {
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
    await send("7");
    await advance(day);
    await stripe.subscriptions.pause(id, params);
    const { data } = await stripe.invoiceItems.list({ customer, pending: true });
    await stripe.subscriptions.cancel(id);
    return data.map(({ amount }) => amount);
  };
  expect(await pauseAfterUse({ bill_for: { outstanding_usage_through: { type: "none" } } })).toEqual([]);
  expect(await pauseAfterUse({})).toEqual([70]);
});
