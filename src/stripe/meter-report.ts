import type Stripe from "stripe";

/** Why Stripe could not count usage that was sent to its meters: https://docs.stripe.com/api/v2/core/events/event-types */
const meterFaults = [
  "archived_meter",
  "meter_event_customer_not_found",
  "meter_event_dimension_count_too_high",
  "meter_event_invalid_value",
  "meter_event_no_customer_defined",
  "meter_event_value_too_many_digits",
  "missing_dimension_payload_keys",
  "no_meter",
  "timestamp_in_future",
  "timestamp_too_far_in_past",
] as const;

/** One of them, or `other` for a word that Stripe has added since. */
export type MeterFault = (typeof meterFaults)[number] | "other";

/** What Stripe tells of a stretch of time in which usage could not be counted, without the samples of it. */
export interface MeterReport {
  /** Null where there was no meter for it. */
  readonly meterId: string | null;
  readonly since: string;
  readonly until: string;
  /** How many events were lost, by why. */
  readonly faults: readonly { readonly fault: MeterFault; readonly count: number }[];
}

/** Reads the whole of an event of which a notification told; null for one that reports on no meter. */
export function meterReport(event: Stripe.V2.Core.Event): MeterReport | null {
  const isOfMeter = event.type === "v1.billing.meter.error_report_triggered";
  if (!isOfMeter && event.type !== "v1.billing.meter.no_meter_found") return null;
  const { reason, validation_start: since, validation_end: until } = event.data;
  const faults = reason.error_types.map(({ code, error_count: count }) => ({ fault: faultOf(code), count }));
  return { meterId: isOfMeter ? event.related_object.id : null, since, until, faults };
}

function faultOf(code: string): MeterFault {
  return meterFaults.find((known) => known === code) ?? "other";
}
