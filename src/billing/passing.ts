import { isDatabaseOutage } from "../db/outage.js";
import { CustomerBusy, isUpstreamOutage } from "../errors.js";

/** Whether another try may well succeed: an outage, or somebody else at the customer. */
export function isPassing(error: unknown): boolean {
  return error instanceof CustomerBusy || isUpstreamOutage(error) || isDatabaseOutage(error);
}
