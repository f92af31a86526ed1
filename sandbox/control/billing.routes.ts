import type { FastifyInstance } from "fastify";
import type { BillingSettings } from "../billing/retry-schedule.js";
import type { Runtime } from "../runtime.js";
import { fieldsOf } from "./fields.js";
import { ControlRefusal } from "./guard.js";

const ends: BillingSettings["afterLastRetry"][] = ["cancel", "unpaid", "past_due"];

/** What is set in Stripe's dashboard: how often a failed payment is tried again, and what comes then. */
export function registerBilling(app: FastifyInstance, { world }: Runtime): void {
  app.post("/sandbox/billing", async (request) => {
    const { retry_after_days, after_last_retry } = fieldsOf(request.body, ["retry_after_days", "after_last_retry"]);
    const retryAfterDays = retry_after_days === undefined ? world.billing.retryAfterDays : daysOf(retry_after_days);
    const afterLastRetry =
      after_last_retry === undefined ? world.billing.afterLastRetry : ends.find((end) => end === after_last_retry);
    if (!afterLastRetry) throw new ControlRefusal(400, `"after_last_retry" must be one of ${ends.join(", ")}.`);
    world.billing = { retryAfterDays, afterLastRetry };
    return { retry_after_days: retryAfterDays, after_last_retry: afterLastRetry };
  });
}

function daysOf(given: unknown): number[] {
  const days: unknown[] = Array.isArray(given) ? given : [null];
  return days.map((value) => {
    if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
    throw new ControlRefusal(400, '"retry_after_days" must be a list of whole days, such as [3, 5, 7].');
  });
}
