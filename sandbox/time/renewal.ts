import { isRunning, renewSubscription } from "../billing/renew-subscription.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { cause } from "./cause.js";

/** A period that is over is followed by the next; a trial's end is one too. */
export const renewal = cause("subscription", {
  at: (subscription) => (isRunning(subscription) ? currentPeriodEnd(subscription) : null),
  run: renewSubscription,
});
