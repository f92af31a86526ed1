import type Stripe from "stripe";
import { expect, test } from "vitest";
import { april, askedBy, customerWithCard, lastInvoice, scheduled } from "./scheduled.js";
import { day, invoicesOf, moveTo, priceOf } from "./subscribed.js";
import { openSandbox } from "./support.js";

const month = { interval: "month" } as const;

test("a schedule that has not begun is previewed as it begins, and nothing of that is kept", async () => {
  const sandbox = await openSandbox({ startAt: april });
  const { stripe } = sandbox;
  const ten = await priceOf(stripe, 1000);
  const coupon = await stripe.coupons.create({ percent_off: 20, duration: "forever" });
  const { id: customer } = await customerWithCard(sandbox);
  const start_date = april.getTime() / 1000 + 10 * day;
  const phases = [{ items: [{ price: ten.id, quantity: 2 }], duration: month, discounts: [{ coupon: coupon.id }] }];
  const { id } = await stripe.subscriptionSchedules.create({ customer, start_date, phases });
  const preview = await stripe.invoices.createPreview({ schedule: id });
  expect(preview).toMatchObject({ id: expect.stringMatching(/^upcoming_/), billing_reason: "upcoming", total: 1600 });
  expect((await stripe.invoices.list()).data).toEqual([]);
  expect((await stripe.subscriptionSchedules.retrieve(id)).status).toBe("not_started");
  expect((await stripe.coupons.retrieve(coupon.id)).times_redeemed).toBe(0);
  expect((await stripe.events.list({ type: "invoice.created" })).data).toEqual([]);
  await moveTo(sandbox, start_date + 3600);
  const [invoice] = (await stripe.invoices.list({ customer })).data;
  expect(invoice?.status).toBe("paid");
  expect(askedBy(preview)).toEqual(invoice && askedBy(invoice));
});

test("a change of a schedule is previewed as it is then billed", async () => {
  const { sandbox, stripe, ten, subscription, schedule, current } = await scheduled();
  const yearly = await priceOf(stripe, 9000, { interval: "year" });
  const middle = current.start_date + 15 * day;
  const schedule_details: Stripe.InvoiceCreatePreviewParams.ScheduleDetails & Stripe.SubscriptionScheduleUpdateParams =
    {
      end_behavior: "cancel",
      phases: [
        { start_date: current.start_date, end_date: middle, items: [{ price: ten.id, quantity: 1 }] },
        { items: [{ price: yearly.id, quantity: 1 }], duration: { interval: "year" } },
      ],
    };
  const before = await stripe.invoices.createPreview({ schedule: schedule.id });
  expect(before.total).toBe(1000);
  const preview = await stripe.invoices.createPreview({
    schedule: schedule.id,
    schedule_details,
  });
  expect((await stripe.subscriptionSchedules.retrieve(schedule.id)).phases).toHaveLength(1);
  await stripe.subscriptionSchedules.update(schedule.id, schedule_details);
  await moveTo(sandbox, middle);
  const invoice = await lastInvoice(stripe, subscription);
  expect(invoice.lines.data.map(({ amount }) => amount)).toEqual([-500, 9000]);
  expect(askedBy(preview)).toEqual(askedBy(invoice));
});

test("a schedule that is not there yet is previewed for its customer", async () => {
  const sandbox = await openSandbox({ startAt: april });
  const { stripe } = sandbox;
  const ten = await priceOf(stripe, 1000);
  const { id: customer } = await customerWithCard(sandbox);
  const start_date = april.getTime() / 1000 + 3 * day;
  const phase = { items: [{ price: ten.id, quantity: 3 }], trial_end: start_date + 5 * day };
  const preview = await stripe.invoices.createPreview({
    customer,
    schedule_details: { phases: [{ ...phase, start_date }] },
  });
  expect((await stripe.subscriptionSchedules.list()).data).toEqual([]);
  await stripe.subscriptionSchedules.create({ customer, start_date, phases: [phase] });
  await moveTo(sandbox, start_date);
  const [invoice] = (await stripe.invoices.list({ customer })).data;
  expect(preview.total).toBe(0);
  expect(askedBy(preview)).toEqual(invoice && askedBy(invoice));
});

test("a change of a scheduled subscription is previewed with what its schedule then does", async () => {
  const { sandbox, stripe, ten, subscription, schedule, current } = await scheduled();
  const middle = current.start_date + 20 * day;
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { start_date: current.start_date, end_date: middle, items: [{ price: ten.id, quantity: 1 }] },
      { items: [{ price: ten.id, quantity: 5 }], duration: month, proration_behavior: "always_invoice" },
    ],
  });
  await moveTo(sandbox, current.start_date + 10 * day);
  const change = {
    items: [{ id: String(subscription.items.data[0]?.id), quantity: 2 }],
    proration_date: current.start_date + 10 * day,
  };
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id, subscription_details: change });
  await stripe.subscriptions.update(subscription.id, change);
  expect(await invoicesOf(stripe, subscription)).toHaveLength(1);
  await moveTo(sandbox, middle);
  const invoice = await lastInvoice(stripe, subscription);
  expect(invoice.lines.data).toHaveLength(4);
  expect(askedBy(preview)).toEqual(askedBy(invoice));
});

test("nothing is previewed of a schedule that ends before, nor of a schedule and a subscription at once", async () => {
  const { stripe, subscription, schedule } = await scheduled();
  await expect(
    stripe.invoices.createPreview({ schedule: schedule.id, subscription: subscription.id }),
  ).rejects.toMatchObject({ statusCode: 400, param: "schedule" });
  await stripe.subscriptionSchedules.update(schedule.id, { end_behavior: "cancel" });
  for (const of of [{ schedule: schedule.id }, { subscription: subscription.id }]) {
    await expect(stripe.invoices.createPreview(of)).rejects.toMatchObject({ code: "invoice_upcoming_none" });
  }
  await expect(stripe.invoices.createPreview({ schedule: "sub_sched_none" })).rejects.toMatchObject({
    code: "resource_missing",
  });
});
