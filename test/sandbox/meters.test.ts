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
import { eventTypes, monthlyPrice, openSandbox } from "./support.js";

const startAt = new Date("2027-01-15T12:00:00Z");
const noon = startAt.getTime() / 1000;

/** A sandbox with a customer and a meter of API calls. */
async function openMeter(more: Partial<Stripe.Billing.MeterCreateParams> = {}) {
  const sandbox = await openSandbox({ startAt });
  const { stripe } = sandbox;
  const { id: customer } = await stripe.customers.create();
  const meter = await stripe.billing.meters.create({
    display_name: "API calls",
    event_name: "api_calls",
    default_aggregation: { formula: "sum" },
    ...more,
  });
  const send = (value: string, event: Partial<Stripe.Billing.MeterEventCreateParams> = {}) =>
    stripe.billing.meterEvents.create({
      event_name: "api_calls",
      payload: { stripe_customer_id: customer, value },
      ...event,
    });
  const used = async (start_time = noon - 3600, end_time = noon + 3600) => {
    const { data } = await stripe.billing.meters.listEventSummaries(meter.id, { customer, start_time, end_time });
    return data.map(({ aggregated_value }) => aggregated_value);
  };
  return { ...sandbox, customer, meter, send, used };
}

test("usage is summed, each identifier once a day, and taken back when asked", async () => {
  const { stripe, send, used, advance } = await openMeter();
  const event = await send("5", { identifier: "call-1" });
  expect(event).toMatchObject({ object: "billing.meter_event", identifier: "call-1", payload: { value: "5" } });
  expect(event).not.toHaveProperty("id");
  await send("2.5");
  await expect(send("5", { identifier: "call-1" })).rejects.toThrow("already exists with identifier call-1");
  expect(await used()).toEqual([7.5]);

  const cancel = (identifier: string) =>
    stripe.billing.meterEventAdjustments.create({ event_name: "api_calls", type: "cancel", cancel: { identifier } });
  expect(await cancel("call-1")).toMatchObject({ object: "billing.meter_event_adjustment", type: "cancel" });
  await expect(cancel("call-2")).rejects.toThrow("within the last 24 hours");
  expect(await used()).toEqual([2.5]);
  await advance(25 * 3600);
  await send("1", { identifier: "call-1" });
});

test("events outside of 35 days back and 5 minutes ahead are refused", async () => {
  const { send, used } = await openMeter();
  await expect(send("1", { timestamp: noon - 36 * 86_400 })).rejects.toThrow("within the past 35");
  await expect(send("1", { timestamp: noon + 600 })).rejects.toThrow("5 minutes in the future");
  await send("1", { timestamp: noon - 34 * 86_400 });
  expect(await used(noon - 35 * 86_400)).toEqual([1]);
});

test("an event that no meter, customer or number belongs to is taken and counts for nobody", async () => {
  const { send, used } = await openMeter();
  await send("many");
  await send("1", { event_name: "unknown" });
  await send("1", { payload: { stripe_customer_id: "cus_none", value: "1" } });
  expect(await used()).toEqual([0]);
});

test("a meter counts, or keeps the last", async () => {
  const counting = await openMeter({ default_aggregation: { formula: "count" } });
  await counting.send("7");
  await counting.send("3");
  expect(await counting.used()).toEqual([2]);
  const last = await openMeter({ default_aggregation: { formula: "last" } });
  await last.send("7", { timestamp: noon - 60 });
  await last.send("9", { timestamp: noon - 120 });
  expect(await last.used()).toEqual([7]);
});

test("a meter with a window takes the last sum of each hour, and summaries come by the hour", async () => {
  const { stripe, meter, customer, send, used } = await openMeter({ event_time_window: "hour" });
  for (const [value, minutesAgo] of [
    ["3", 70],
    ["4", 65],
    ["5", 0],
  ] as const) {
    await send(value, { timestamp: noon - minutesAgo * 60 });
  }
  expect(await used(noon - 7200, noon + 3600)).toEqual([9]);
  const hourly = await stripe.billing.meters.listEventSummaries(meter.id, {
    customer,
    start_time: noon - 3 * 3600,
    end_time: noon + 3600,
    value_grouping_window: "hour",
  });
  expect(hourly.data).toMatchObject([
    { start_time: noon, end_time: noon + 3600, aggregated_value: 5, meter: meter.id },
    { start_time: noon - 7200, end_time: noon - 3600, aggregated_value: 4 },
  ]);
  await expect(used(noon + 1)).rejects.toThrow("aligned with minute");
});

test("an event name has one active meter; a retired one takes no events and no prices", async () => {
  const { stripe, meter, send, used } = await openMeter();
  const again = { display_name: "Again", event_name: "api_calls", default_aggregation: { formula: "sum" as const } };
  await expect(stripe.billing.meters.create(again)).rejects.toThrow("already takes events named api_calls");
  const price = {
    currency: "usd",
    unit_amount_decimal: Stripe.Decimal.from("0.05"),
    product_data: { name: "Calls" },
    recurring: { interval: "month" as const, usage_type: "metered" as const, meter: meter.id },
  };
  const made = await stripe.prices.create(price);
  expect(made).toMatchObject({ unit_amount: null, recurring: { usage_type: "metered", meter: meter.id } });
  expect((await stripe.prices.list({ recurring: { meter: meter.id } })).data).toHaveLength(1);
  await expect(
    stripe.prices.create({ ...price, recurring: { interval: "month", usage_type: "metered" } }),
  ).rejects.toThrow("recurring[meter]");
  expect(await stripe.billing.meters.update(meter.id, { display_name: "Calls" })).toMatchObject({
    display_name: "Calls",
  });
  await stripe.billing.meters.deactivate(meter.id);
  await send("5");
  expect(await used()).toEqual([0]);
  await expect(stripe.prices.create(price)).rejects.toThrow("inactive");
  expect((await stripe.billing.meters.list({ status: "inactive" })).data).toHaveLength(1);
  await stripe.billing.meters.reactivate(meter.id);
  expect((await eventTypes(stripe)).filter((type) => type.startsWith("billing."))).toEqual([
    "billing.meter.created",
    "billing.meter.updated",
    "billing.meter.deactivated",
    "billing.meter.reactivated",
  ]);
});

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
