import type Stripe from "stripe";
import { newId } from "../ids.js";
import type { World } from "../world.js";

type OfMeter = Stripe.Events.V1BillingMeterErrorReportTriggeredEvent;
type OfNone = Stripe.Events.V1BillingMeterNoMeterFoundEvent;

/** A report as it is kept; the SDK adds ways to go on from it. */
export type StoredReport = Omit<OfMeter, "fetchRelatedObject"> | OfNone;

/** Why an event counts for nobody. */
export interface MeterFault {
  code: OfMeter["data"]["reason"]["error_types"][number]["code"];
  /** The meter that took it; null: there is none of its name. */
  meter: string | null;
}

/**
 * Keeps what Stripe reports of usage that it could not count, to be read as an event of API v2.
 * https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api#handle-meter-event-errors
 */
export function reportMeterError(world: World, { code, meter }: MeterFault, identifier: string): StoredReport {
  const now = world.clock.now().toISOString();
  const sample_errors = [{ error_message: `The event was not counted: ${code}.`, request: { identifier } }];
  const data = {
    developer_message_summary: "There is 1 invalid event",
    reason: { error_count: 1, error_types: [{ code, error_count: 1, sample_errors }] },
    validation_end: now,
    validation_start: now,
  };
  const event = { id: newId.thinEvent(), object: "v2.core.event", created: now, livemode: false } as const;
  const report: StoredReport =
    meter === null
      ? { ...event, type: "v1.billing.meter.no_meter_found", data }
      : {
          ...event,
          type: "v1.billing.meter.error_report_triggered",
          data,
          related_object: { id: meter, type: "billing.meter", url: `/v1/billing/meters/${meter}` },
        };
  return world.tables["v2.core.event"].put(report);
}
