import { endPhase } from "../billing/schedule-phases.js";
import { cause } from "./cause.js";

/** A schedule's phase is followed by the next at its end. https://docs.stripe.com/billing/subscriptions/subscription-schedules */
export const schedulePhase = cause("subscription_schedule", {
  at: ({ status, current_phase }) => (status === "active" ? (current_phase?.end_date ?? null) : null),
  run: endPhase,
});
