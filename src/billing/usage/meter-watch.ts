import type { Deps } from "../../deps.js";
import type { MeterReport } from "../../stripe/meter-report.js";

/**
 * Stripe could not count use that was sent to its meters: tells the operator why, and of how many events. Of the samples
 * that Stripe gives nothing is told, as they may name customers.
 *
 * `eventIds` are Stripe's ids of the reports; each counts by itself, whichever meter it is of. Gives whether there was
 * one to tell of.
 */
export async function watchMeter(deps: Deps, _meterId: string, eventIds: readonly string[]): Promise<boolean> {
  const reports = await Promise.all(eventIds.map((id) => deps.stripeEvents.findMeterReport(id)));
  const found = reports.filter((report) => report !== null);
  for (const report of found) tell(deps, report);
  return found.length > 0;
}

function tell({ log, metrics }: Deps, { meterId: meter, since, until, faults }: MeterReport): void {
  for (const { fault, count } of faults) metrics.countReason("billing_meter_errors_total", fault, count);
  log.error({ meter, since, until, faults }, "Stripe's meters could not count some use");
}
