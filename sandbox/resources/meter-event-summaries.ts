import { createHash } from "node:crypto";
import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { pageOf, paging } from "../api/lists.js";
import { type Covers, integer, oneOf, type Read, required, text } from "../api/params.js";
import { type Span, usageByWindow, usageOf } from "../billing/meter-usage.js";
import type { World } from "../world.js";

export const summaryParams = {
  ...paging,
  customer: required(text),
  end_time: required(integer()),
  start_time: required(integer()),
  value_grouping_window: oneOf("day", "hour"),
} satisfies Covers<Stripe.Billing.MeterListEventSummariesParams>;

const grains = { minute: 60, hour: 3600, day: 86_400 };

/** What a customer used, as the meter adds it up: over the whole time, or for each hour or day that has any, newest first. */
export function listSummaries(
  world: World,
  params: Read<typeof summaryParams>,
  meter: Stripe.Billing.Meter,
): Stripe.ApiList<Stripe.Billing.MeterEventSummary> {
  const { customer, start_time: start, end_time: end, value_grouping_window: window } = params;
  refuseUnaligned(params);
  const whole = { start, end };
  const used =
    window === undefined
      ? [{ span: whole, usage: usageOf(world, meter, customer, whole) }]
      : usageByWindow(world, meter, customer, whole, grains[window]).filter(({ usage }) => !usage.isZero());
  const summaries = used.map(({ span, usage }) => summaryOf(meter, customer, span, usage));
  return pageOf(summaries, params, `/v1/billing/meters/${meter.id}/event_summaries`);
}

function summaryOf(
  meter: Stripe.Billing.Meter,
  customer: string,
  span: Span,
  usage: Stripe.Decimal,
): Stripe.Billing.MeterEventSummary {
  const named = createHash("sha256").update([meter.id, customer, span.start, span.end].join()).digest("hex");
  return {
    id: `mtrusg_test_61${named.slice(0, 24)}`,
    object: "billing.meter_event_summary",
    aggregated_value: usage.toNumber(),
    end_time: span.end,
    livemode: false,
    meter: meter.id,
    start_time: span.start,
  };
}

function refuseUnaligned(params: Read<typeof summaryParams>): void {
  const grain = params.value_grouping_window ?? "minute";
  for (const name of ["start_time", "end_time"] as const) {
    if (params[name] % grains[grain] === 0) continue;
    throw invalidRequest(`${name} must be aligned with ${grain} boundaries.`, { param: name });
  }
  if (params.end_time > params.start_time) return;
  throw invalidRequest("end_time must be after start_time.", { param: "end_time" });
}
