import Stripe from "stripe";
import { expect, test } from "vitest";
import { noon, openMeter } from "./meter-support.js";
import { eventTypes } from "./support.js";

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

test("an event that no meter, customer or number belongs to is taken, counts for nobody and is reported", async () => {
  const { stripe, send, used, meter } = await openMeter();
  await send("many", { identifier: "call-1" });
  await send("1", { event_name: "unknown" });
  await send("1", { payload: { stripe_customer_id: "cus_none", value: "1" } });
  await send("1", { payload: { value: "1" } });
  expect(await used()).toEqual([0]);
  const { data } = await stripe.v2.core.events.list({ object_id: meter.id });
  expect(data).toMatchObject([
    { data: { reason: { error_types: [{ code: "meter_event_no_customer_defined" }] } } },
    { data: { reason: { error_types: [{ code: "meter_event_customer_not_found" }] } } },
    {
      object: "v2.core.event",
      type: "v1.billing.meter.error_report_triggered",
      related_object: { id: meter.id, type: "billing.meter" },
      data: {
        reason: {
          error_count: 1,
          error_types: [{ code: "meter_event_invalid_value", sample_errors: [{ request: { identifier: "call-1" } }] }],
        },
      },
    },
  ]);
  const [lost, ...more] = (await stripe.v2.core.events.list({ types: ["v1.billing.meter.no_meter_found"] })).data;
  expect(more).toEqual([]);
  expect(await stripe.v2.core.events.retrieve(lost?.id ?? "")).toMatchObject({
    type: "v1.billing.meter.no_meter_found",
    data: { reason: { error_types: [{ code: "no_meter" }] } },
  });
  await expect(stripe.v2.core.events.retrieve("evt_test_none")).rejects.toMatchObject({ statusCode: 404 });
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
