import { expect, test } from "vitest";
import { day, eventsOf, invoicesOf, moveTo, periodOf, priceOf, subscribed } from "./subscribed.js";
import { openSandbox } from "./support.js";

async function scheduled(endBehavior: "cancel" | "release") {
  const sandbox = await openSandbox({ startAt: new Date("2027-04-01T00:00:00Z") });
  const { stripe } = sandbox;
  const [ten, one] = [await priceOf(stripe, 1000), await priceOf(stripe, 100)];
  const subscription = await subscribed(sandbox, { items: [{ price: ten.id }] });
  const { id } = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  const { start, end } = periodOf(subscription);
  const schedule = await stripe.subscriptionSchedules.update(id, {
    end_behavior: endBehavior,
    phases: [
      { items: [{ price: ten.id, quantity: 1 }], start_date: start, end_date: end },
      { items: [{ price: one.id, quantity: 2 }], duration: { interval: "month", interval_count: 2 } },
    ],
  });
  return { sandbox, stripe, subscription, schedule, end, one };
}

test("a downgrade at the period's end: no proration, the next invoice is of the next phase", async () => {
  const { sandbox, stripe, subscription, schedule, end, one } = await scheduled("release");
  expect(schedule).toMatchObject({ status: "active", current_phase: { end_date: end } });
  expect(schedule.phases).toHaveLength(2);
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(preview.lines.data.map(({ amount }) => amount)).toEqual([200]);
  await moveTo(sandbox, end + 3600);
  const [, renewal] = await invoicesOf(stripe, subscription);
  expect(renewal?.lines.data.map(({ amount }) => amount)).toEqual([200]);
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    schedule: schedule.id,
    items: { data: [{ price: { id: one.id }, quantity: 2 }] },
  });
});

test("after the last phase the subscription goes on without its schedule", async () => {
  const { sandbox, stripe, subscription, schedule, end } = await scheduled("release");
  await moveTo(sandbox, end + 65 * day);
  expect(await stripe.subscriptionSchedules.retrieve(schedule.id)).toMatchObject({
    status: "completed",
    completed_at: expect.any(Number),
  });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: "active", schedule: null });
});

test("or it is canceled with its schedule", async () => {
  const { sandbox, stripe, subscription, schedule, end } = await scheduled("cancel");
  const events = await eventsOf(stripe, () => moveTo(sandbox, end + 65 * day));
  expect(events).toEqual(expect.arrayContaining(["subscription_schedule.completed", "customer.subscription.deleted"]));
  expect((await stripe.subscriptionSchedules.retrieve(schedule.id)).status).toBe("completed");
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("canceled");
});

test("a schedule is let go by hand, or canceled with its subscription", async () => {
  const one = await scheduled("release");
  expect(await one.stripe.subscriptionSchedules.release(one.schedule.id)).toMatchObject({ status: "released" });
  await moveTo(one.sandbox, one.end + 3600);
  const [, renewal] = await invoicesOf(one.stripe, one.subscription);
  expect(renewal?.total).toBe(1000);

  const other = await scheduled("release");
  expect(await other.stripe.subscriptionSchedules.cancel(other.schedule.id)).toMatchObject({ status: "canceled" });
  expect((await other.stripe.subscriptions.retrieve(other.subscription.id)).status).toBe("canceled");
});

test("a schedule begins a subscription, whose first invoice is a draft for an hour", async () => {
  const sandbox = await openSandbox();
  const { stripe } = sandbox;
  const { id: customer } = await stripe.customers.create();
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  const price = await priceOf(stripe, 1000);
  const start_date = Math.floor(sandbox.now().getTime() / 1000) + 10 * day;
  const waiting = await stripe.subscriptionSchedules.create({
    customer,
    start_date,
    phases: [{ items: [{ price: price.id }], duration: { interval: "month", interval_count: 3 } }],
  });
  expect(waiting).toMatchObject({ status: "not_started", subscription: null });
  await moveTo(sandbox, start_date);
  const begun = await stripe.subscriptionSchedules.retrieve(waiting.id);
  const subscription = await stripe.subscriptions.retrieve(String(begun.subscription));
  expect(begun.status).toBe("active");
  expect(subscription).toMatchObject({ status: "active", created: start_date, schedule: begun.id });
  expect((await invoicesOf(stripe, subscription)).map(({ status }) => status)).toEqual(["draft"]);
  await moveTo(sandbox, start_date + 3600);
  expect((await invoicesOf(stripe, subscription)).map(({ status }) => status)).toEqual(["paid"]);
  const told = await stripe.events.list({ type: "subscription_schedule.expiring" });
  expect(told.data).toEqual([]);
});
