import fc from "fast-check";
import Stripe from "stripe";
import { expect, test } from "vitest";
import { meteredCharge } from "../../sandbox/billing/metered-charge.js";
import { defaultBillingSettings } from "../../sandbox/billing/retry-schedule.js";
import { createTables } from "../../sandbox/store/tables.js";
import { createAgenda } from "../../sandbox/time/agenda.js";
import { createClock } from "../../sandbox/time/clock.js";
import { createDeliveries } from "../../sandbox/webhooks/deliveries.js";
import { createUndelivered } from "../../sandbox/webhooks/undelivered.js";
import type { World } from "../../sandbox/world.js";
import { noon, openMeter } from "./meter-support.js";
import { monthlyPrice } from "./support.js";

test("a metered item costs nothing at first and has no quantity", async () => {
  const { stripe, customer, meter } = await openMeter();
  const { id: payment_method } = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount: 2,
    product_data: { name: "Calls" },
    recurring: { interval: "month", usage_type: "metered", meter: meter.id },
  });
  const seat = await stripe.prices.create({
    currency: "usd",
    unit_amount: 2000,
    product_data: { name: "Seat" },
    recurring: { interval: "month" },
  });
  const request = { customer, default_payment_method: payment_method, expand: ["latest_invoice"] };
  await expect(stripe.subscriptions.create({ ...request, items: [{ price: price.id, quantity: 2 }] })).rejects.toThrow(
    "cannot set the quantity",
  );
  const subscription = await stripe.subscriptions.create({
    ...request,
    items: [{ price: seat.id, quantity: 2 }, { price: price.id }],
  });
  expect(subscription).toMatchObject({ latest_invoice: { total: 4000, lines: { data: [{ amount: 4000 }] } } });
  expect(subscription.items.data[1]).not.toHaveProperty("quantity");
  expect(subscription.items.data[1]?.price.recurring).toMatchObject({ usage_type: "metered", meter: meter.id });
});

test("what was used is charged to the cent, whatever was sent when", async () => {
  const { stripe, customer, meter } = await openMeter();
  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount_decimal: Stripe.Decimal.from("0.35"),
    product_data: { name: "Calls" },
    recurring: { interval: "month", usage_type: "metered", meter: meter.id },
  });
  const event = fc.record({ offset: fc.integer({ min: -50, max: 150 }), value: fc.integer({ min: -5, max: 1000 }) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), fc.option(fc.integer({ min: 0, max: 120 })), (events, trial) => {
      const world = emptyWorld();
      world.tables["billing.meter"].put(meter);
      for (const [index, { offset, value }] of events.entries()) {
        const id = `event-${index}`;
        world.tables["billing.meter_event"].put({
          id,
          object: "billing.meter_event",
          created: noon,
          event_name: "api_calls",
          identifier: id,
          livemode: false,
          payload: {},
          timestamp: noon + offset,
          counted: { meter: meter.id, customer, value: String(value) },
          isCanceled: false,
        });
      }
      const trial_end = trial === null ? null : noon + trial;
      const charge = meteredCharge(
        world,
        { customer, currency: "usd", trial_end },
        { price },
        {
          start: noon,
          end: noon + 100,
        },
      );
      const billed = events.filter(({ offset }) => offset >= (trial ?? 0) && offset < 100);
      const sum = Math.max(
        0,
        billed.reduce((total, { value }) => total + value, 0),
      );
      expect(charge.quantity.toNumber()).toBe(sum);
      expect(charge.amount).toBe(Math.floor((sum * 35 + 50) / 100));
    }),
  );
});

/** A world with nothing in it, for pieces that only read. */
function emptyWorld(): World {
  const tables = createTables();
  return {
    tables,
    clock: createClock(0),
    agenda: createAgenda(tables, []),
    deliveries: createDeliveries({
      tables,
      undelivered: createUndelivered(tables, []),
      retryDelaysMs: [],
      secretsOf: () => [],
      changed: () => {},
    }),
    imagine: () => {
      throw new Error("nothing is imagined in an empty world");
    },
    origin: "http://127.0.0.1",
    cause: null,
    checkouts: new Map(),
    subscriptionMemories: new Map(),
    billing: defaultBillingSettings,
    deletedCustomers: new Set(),
    formerSecrets: [],
  };
}

test("usage of a period is on the invoice of the next, as previewed, with the discount of its product", async () => {
  const { stripe, customer, meter, send, advance } = await openMeter();
  const { id: payment_method } = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  const calls = await stripe.prices.create({
    currency: "usd",
    unit_amount_decimal: Stripe.Decimal.from("0.35"),
    product_data: { name: "Calls" },
    recurring: { interval: "month", usage_type: "metered", meter: meter.id },
  });
  const seat = await monthlyPrice(stripe);
  const coupon = await stripe.coupons.create({
    percent_off: 50,
    duration: "forever",
    applies_to: { products: [String(calls.product)] },
  });
  const subscription = await stripe.subscriptions.create({
    customer,
    default_payment_method: payment_method,
    items: [{ price: seat.id }, { price: calls.id }],
    discounts: [{ coupon: coupon.id }],
  });
  await send("1000");
  await advance(3 * 24 * 3600);
  await send("7");
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(preview).toMatchObject({
    subtotal: 352 + 2999,
    total: 176 + 2999,
    lines: {
      data: [
        { amount: 352, description: "1007 × Calls (at $0.0035 / month)", discount_amounts: [{ amount: 176 }] },
        { amount: 2999, discount_amounts: [{ amount: 0 }] },
      ],
    },
  });
  await advance(29 * 24 * 3600);
  const [renewal] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  expect(renewal).toMatchObject({ status: "paid", billing_reason: "subscription_cycle", total: preview.total });
  const next = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(next).toMatchObject({ total: 2999, lines: { data: [{ amount: 0, quantity: 0 }, { amount: 2999 }] } });
});

/** A subscription to API calls at 2 cents each. */
async function openMetered() {
  const opened = await openMeter();
  const { stripe, customer, meter } = opened;
  const { id: default_payment_method } = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount: 2,
    product_data: { name: "Calls" },
    recurring: { interval: "month", usage_type: "metered", meter: meter.id },
  });
  const { id } = await stripe.subscriptions.create({ customer, default_payment_method, items: [{ price: price.id }] });
  const amounts = async () => {
    const invoices = (await stripe.invoices.list({ subscription: id })).data.reverse();
    return invoices.map(({ status, total, amount_paid }) => [status, total, amount_paid]);
  };
  return { ...opened, subscription: id, amounts };
}

const untilRenewal = 31 * 86_400;

test("usage that comes in while the invoice is a draft is billed with it, and none is billed twice", async () => {
  const { advance, send, amounts } = await openMetered();
  await send("100");
  await advance(untilRenewal + 600);
  expect((await amounts()).at(-1)).toEqual(["draft", 200, 0]);
  await send("50", { timestamp: noon + untilRenewal - 60 });
  await send("7");
  await advance(3600);
  expect((await amounts()).at(-1)).toEqual(["paid", 300, 300]);
  await advance(untilRenewal);
  expect((await amounts()).at(-1)).toEqual(["paid", 14, 14]);
});

test("what was used until the end is billed at the end, unless the end is sudden and nobody asks", async () => {
  const ending = await openMetered();
  await ending.stripe.subscriptions.update(ending.subscription, { cancel_at_period_end: true });
  await ending.send("100");
  await ending.advance(untilRenewal + 2 * 3600);
  expect(await ending.stripe.subscriptions.retrieve(ending.subscription)).toMatchObject({ status: "canceled" });
  expect((await ending.amounts()).at(-1)).toEqual(["paid", 200, 200]);

  const asked = await openMetered();
  await asked.send("100");
  await asked.stripe.subscriptions.cancel(asked.subscription, { invoice_now: true });
  expect((await asked.amounts()).at(-1)).toEqual(["paid", 200, 200]);

  const sudden = await openMetered();
  await sudden.send("100");
  await sudden.stripe.subscriptions.cancel(sudden.subscription);
  await sudden.advance(2 * untilRenewal);
  expect((await sudden.amounts()).map(([, total]) => total)).not.toContain(200);
});

test("a period that begins anew bills what was used in the one it cuts short", async () => {
  const { stripe, advance, send, amounts, subscription } = await openMetered();
  const { id: seat } = await monthlyPrice(stripe);
  const { items } = await stripe.subscriptions.update(subscription, {
    items: [{ price: seat }],
    proration_behavior: "none",
  });
  await send("100");
  await advance(86_400);
  const used = items.data.find(({ price }) => price.recurring?.usage_type === "metered");
  await expect(
    stripe.subscriptions.update(subscription, { items: [{ id: used?.id ?? "", quantity: 2 }] }),
  ).rejects.toThrow("cannot set the quantity");
  await stripe.subscriptions.update(subscription, {
    billing_cycle_anchor: { type: "now" },
    proration_behavior: "none",
  });
  expect((await amounts()).at(-1)).toEqual(["paid", 200 + 2999, 200 + 2999]);
});

test("what was used of an item that goes, or costs something else, is billed at the price it had, and no use twice", async () => {
  const { stripe, advance, send, amounts, subscription } = await openMetered();
  const { id: seat } = await monthlyPrice(stripe);
  const { items } = await stripe.subscriptions.update(subscription, {
    items: [{ price: seat }],
    proration_behavior: "none",
  });
  const metered = items.data.find(({ price }) => price.recurring?.usage_type === "metered");
  const dearer = await stripe.prices.create({
    currency: "usd",
    unit_amount: 5,
    recurring: { interval: "month", usage_type: "metered", meter: metered?.price.recurring?.meter ?? "" },
    product_data: { name: "Dearer calls" },
  });
  await send("100"); // at 2 cents
  await advance(86_400);
  const change = { items: [{ id: metered?.id ?? "", price: dearer.id }], proration_behavior: "none" as const };
  const preview = await stripe.invoices.createPreview({ subscription, subscription_details: change });
  await stripe.subscriptions.update(subscription, change);
  const { data: pending } = await stripe.invoiceItems.list({ pending: true });
  expect(pending).toMatchObject([{ amount: 200, quantity: 100, proration: false }]);
  expect(preview.total).toBe(200 + 2999);

  await send("10"); // at 5 cents
  await advance(86_400);
  const gone = {
    items: [{ id: metered?.id ?? "", deleted: true as const }],
    proration_behavior: "always_invoice" as const,
  };
  const last = await stripe.invoices.createPreview({ subscription, subscription_details: gone });
  await stripe.subscriptions.update(subscription, gone);
  expect((await amounts()).at(-1)).toEqual(["paid", last.total, 200 + 50]);

  await send("1000"); // nobody pays for it any more
  await advance(untilRenewal);
  expect((await amounts()).at(-1)).toEqual(["paid", 2999, 2999]);
});

test("a schedule's phase without the metered price bills what was used until it began", async () => {
  const { stripe, advance, send, amounts, subscription } = await openMetered();
  const { id: seat } = await monthlyPrice(stripe);
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: subscription });
  const [phase] = schedule.phases;
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      {
        items: (phase?.items ?? []).map(({ price }) => ({ price: String(price) })),
        start_date: phase?.start_date ?? 0,
        end_date: phase?.end_date ?? 0,
      },
      { items: [{ price: seat }], duration: { interval: "month", interval_count: 1 } },
    ],
  });
  await send("100");
  await advance(untilRenewal + 3600);
  expect((await amounts()).at(-1)).toEqual(["paid", 200 + 2999, 200 + 2999]);
  await send("1000");
  await advance(untilRenewal);
  expect((await amounts()).at(-1)).toEqual(["paid", 2999, 2999]);
});
