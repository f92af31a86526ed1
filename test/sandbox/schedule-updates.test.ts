import type Stripe from "stripe";
import { expect, test } from "vitest";
import { april, customerWithCard, lastInvoice, scheduled } from "./scheduled.js";
import { day, eventsOf, invoicesOf, moveTo, priceOf } from "./subscribed.js";
import { control, openSandbox, post } from "./support.js";

const month = { interval: "month" } as const;

test("changing the phase that runs changes the subscription at once, with the proration asked for", async () => {
  const { sandbox, stripe, ten, subscription, schedule, current } = await scheduled();
  const phases = [{ ...current, items: [{ price: ten.id, quantity: 3 }] }];
  await moveTo(sandbox, current.start_date + 15 * day);
  const events = await eventsOf(stripe, () =>
    stripe.subscriptionSchedules.update(schedule.id, { phases, proration_behavior: "always_invoice" }),
  );
  expect(events).toEqual(
    expect.arrayContaining(["invoiceitem.created", "customer.subscription.updated", "subscription_schedule.updated"]),
  );
  const invoice = await lastInvoice(stripe, subscription);
  expect(invoice).toMatchObject({ status: "paid", billing_reason: "subscription_update" });
  const at = Number(invoice.lines.data[0]?.period.start);
  expect(at).toBeGreaterThanOrEqual(current.start_date + 15 * day);
  const rest = (current.end_date - at) / (current.end_date - current.start_date);
  expect(invoice.lines.data.map(({ amount }) => amount)).toEqual([-Math.round(1000 * rest), Math.round(3000 * rest)]);
  await moveTo(sandbox, current.end_date + 3600);
  expect((await lastInvoice(stripe, subscription)).total).toBe(3000);
});

test("without proration the change costs nothing until the next period, and by default it waits for that", async () => {
  const totals = [];
  for (const proration_behavior of ["none", undefined] as const) {
    const { sandbox, stripe, ten, subscription, schedule, current } = await scheduled();
    const phases = [{ ...current, items: [{ price: ten.id, quantity: 2 }] }];
    await moveTo(sandbox, current.start_date + 10 * day);
    await stripe.subscriptionSchedules.update(schedule.id, {
      phases,
      ...(proration_behavior && { proration_behavior }),
    });
    expect(await invoicesOf(stripe, subscription)).toHaveLength(1);
    await moveTo(sandbox, current.end_date + 3600);
    totals.push((await lastInvoice(stripe, subscription)).lines.data.length);
  }
  expect(totals).toEqual([1, 3]);
});

test("what a schedule is given again unchanged changes nothing", async () => {
  const { sandbox, stripe, ten, subscription, schedule, current } = await scheduled();
  const [item] = subscription.items.data;
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: String(item?.id), quantity: 4 }],
    proration_behavior: "none",
  });
  const events = await eventsOf(stripe, () =>
    stripe.subscriptionSchedules.update(schedule.id, {
      phases: [{ ...current, items: [{ price: ten.id, quantity: 1 }] }],
    }),
  );
  expect(events.filter((type) => type.startsWith("customer.subscription"))).toEqual([]);
  await moveTo(sandbox, current.end_date + 3600);
  expect((await lastInvoice(stripe, subscription)).total).toBe(4000);
});

test("phases that are over stay as they were, and the one that runs keeps its beginning", async () => {
  const { sandbox, stripe, ten, schedule, current } = await scheduled();
  const items = [{ price: ten.id, quantity: 1 }];
  const update = (phases: Stripe.SubscriptionScheduleUpdateParams.Phase[]) =>
    stripe.subscriptionSchedules.update(schedule.id, { phases });
  await update([
    { ...current, items },
    { items, duration: month },
  ]);
  await expect(update([{ items, duration: month }])).rejects.toMatchObject({ statusCode: 400, param: "phases" });
  await expect(update([{ start_date: current.start_date + day, items }])).rejects.toMatchObject({
    message: "You can not modify the start date of the current phase.",
  });
  await moveTo(sandbox, current.end_date + day);
  const running = { start_date: current.end_date, items, duration: month };
  await expect(update([{ ...current, items: [{ price: ten.id, quantity: 9 }] }, running])).rejects.toMatchObject({
    param: "phases[0]",
  });
  expect((await update([running])).phases).toHaveLength(2);
  expect((await update([{ ...current, items }, running, { items, duration: month }])).phases).toHaveLength(3);
});

test("a phase that is told to end now is followed by the next at once", async () => {
  const { sandbox, stripe, ten, subscription, schedule, current } = await scheduled();
  const one = await priceOf(stripe, 100);
  await moveTo(sandbox, current.start_date + 15 * day);
  const after = await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { start_date: current.start_date, end_date: "now", items: [{ price: ten.id, quantity: 1 }] },
      { items: [{ price: one.id, quantity: 1 }], duration: month, proration_behavior: "none" },
    ],
  });
  expect(after.current_phase?.start_date).toBe(after.phases[1]?.start_date);
  expect((await stripe.subscriptions.retrieve(subscription.id)).items.data[0]?.price.id).toBe(one.id);
});

test("a schedule that is to cancel gives the subscription its end, which release takes back unless told to keep it", async () => {
  const ends = [];
  for (const preserve_cancel_date of [false, true]) {
    const { stripe, subscription, schedule, current } = await scheduled();
    await stripe.subscriptionSchedules.update(schedule.id, { end_behavior: "cancel" });
    expect((await stripe.subscriptions.retrieve(subscription.id)).cancel_at).toBe(current.end_date);
    await stripe.subscriptionSchedules.release(schedule.id, { preserve_cancel_date });
    const { cancel_at, schedule: left } = await stripe.subscriptions.retrieve(subscription.id);
    expect(left).toBeNull();
    ends.push(cancel_at === current.end_date ? "kept" : cancel_at);
  }
  expect(ends).toEqual([null, "kept"]);
});

test("a subscription that is to end keeps its end under a schedule", async () => {
  const { stripe, schedule, current } = await scheduled({ cancel_at_period_end: true });
  expect(schedule).toMatchObject({ end_behavior: "cancel", phases: [{ end_date: current.end_date }] });
  const after = await stripe.subscriptionSchedules.update(schedule.id, { end_behavior: "release" });
  expect((await stripe.subscriptions.retrieve(String(after.subscription))).cancel_at).toBeNull();
});

test("a scheduled subscription is neither told to end nor paused but by its schedule", async () => {
  const { stripe, subscription, schedule } = await scheduled();
  const message = new RegExp(`managed by the subscription schedule \`${schedule.id}\``);
  const { id } = subscription;
  await expect(stripe.subscriptions.update(id, { cancel_at_period_end: true })).rejects.toThrow(message);
  await expect(stripe.subscriptions.pause(id, { type: "subscription" })).rejects.toThrow(message);
  const portal = await stripe.billingPortal.sessions.create({ customer: String(subscription.customer) });
  await post(portal.url, { action: "confirm_cancel" });
  expect((await stripe.subscriptions.retrieve(id)).cancel_at).toBeNull();
  await stripe.subscriptionSchedules.release(schedule.id);
  await expect(stripe.subscriptionSchedules.release(schedule.id)).rejects.toThrow(/`released` status/);
  expect((await stripe.subscriptions.update(id, { cancel_at_period_end: true })).cancel_at_period_end).toBe(true);
});

test("canceling a schedule gives back and invoices what is left, unless told not to", async () => {
  const invoiced = await scheduled();
  await moveTo(invoiced.sandbox, invoiced.current.start_date + 15 * day);
  const events = await eventsOf(invoiced.stripe, () =>
    invoiced.stripe.subscriptionSchedules.cancel(invoiced.schedule.id),
  );
  const told = [
    "invoiceitem.created",
    "invoice.created",
    "customer.subscription.deleted",
    "subscription_schedule.canceled",
  ];
  expect(events.filter((type) => told.includes(type))).toEqual(told);
  expect(events).not.toContain("subscription_schedule.aborted");
  expect((await lastInvoice(invoiced.stripe, invoiced.subscription)).total).toBe(-500);

  const plain = await scheduled();
  await plain.stripe.subscriptionSchedules.cancel(plain.schedule.id, { invoice_now: false, prorate: false });
  expect(await invoicesOf(plain.stripe, plain.subscription)).toHaveLength(1);
  expect((await plain.stripe.invoiceItems.list({ pending: true })).data).toEqual([]);
});

test("a schedule whose subscription is canceled for want of payment is aborted", async () => {
  const { sandbox, stripe, ten, subscription, schedule, current } = await scheduled();
  await control(sandbox, "POST", "/billing", { after_last_retry: "cancel" });
  const card = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", {
    customer: String(subscription.customer),
  });
  const items = [{ price: ten.id, quantity: 1 }];
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { ...current, items },
      { items, duration: { ...month, interval_count: 6 } },
    ],
    default_settings: { default_payment_method: card.id },
  });
  const events = await eventsOf(stripe, () => moveTo(sandbox, current.end_date + 25 * day));
  expect(events).toEqual(expect.arrayContaining(["subscription_schedule.canceled", "subscription_schedule.aborted"]));
  expect((await stripe.subscriptionSchedules.retrieve(schedule.id)).status).toBe("canceled");
});

test("a schedule that waits is changed freely, begun now, or canceled before it began", async () => {
  const sandbox = await openSandbox({ startAt: april });
  const { stripe } = sandbox;
  const ten = await priceOf(stripe, 1000);
  const { id: customer } = await customerWithCard(sandbox);
  const start_date = april.getTime() / 1000 + 30 * day;
  const phases = [{ items: [{ price: ten.id }], duration: month }];
  const waiting = await stripe.subscriptionSchedules.create({ customer, start_date, phases });
  const later = await stripe.subscriptionSchedules.update(waiting.id, {
    phases: [{ items: [{ price: ten.id, quantity: 2 }], start_date: start_date + day, duration: month }],
  });
  expect(later).toMatchObject({ status: "not_started", phases: [{ start_date: start_date + day }] });
  const begun = await stripe.subscriptionSchedules.update(waiting.id, {
    phases: [{ items: [{ price: ten.id, quantity: 2 }], start_date: "now", duration: month }],
  });
  expect(begun.status).toBe("active");
  expect((await lastInvoice(stripe, { id: String(begun.subscription) })).total).toBe(2000);

  const other = await stripe.subscriptionSchedules.create({ customer, start_date, phases });
  const events = await eventsOf(stripe, () => stripe.subscriptionSchedules.cancel(other.id));
  expect(events).toEqual(["subscription_schedule.canceled", "subscription_schedule.aborted"]);
});

test("a schedule's end is told of seven days before", async () => {
  const { sandbox, stripe, ten, schedule, current } = await scheduled();
  const items = [{ price: ten.id, quantity: 1 }];
  const end_date = current.end_date + 10 * day;
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { ...current, items },
      { items, end_date },
    ],
  });
  await moveTo(sandbox, end_date - 7 * day - 60);
  expect((await stripe.events.list({ type: "subscription_schedule.expiring" })).data).toEqual([]);
  await moveTo(sandbox, end_date - 7 * day);
  expect((await stripe.events.list({ type: "subscription_schedule.expiring" })).data).toHaveLength(1);
});
