import { billLastUsage } from "../billing/bill-last-usage.js";
import { endSubscription } from "../billing/end-subscription.js";
import { cause } from "./cause.js";

/** Subscriptions told to end (`cancel_at`, also set by `cancel_at_period_end`) end then. */
export const subscriptionEnd = cause("subscription", {
  at: ({ cancel_at, ended_at }) => (ended_at === null ? cancel_at : null),
  run: (world, subscription) => {
    billLastUsage(world, endSubscription(world, subscription, subscription.cancellation_details));
  },
});
