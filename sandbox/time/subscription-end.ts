import { endSubscription } from "../billing/end-subscription.js";
import type { World } from "../world.js";
import type { Due } from "./due.js";

/** Subscriptions told to end (`cancel_at`, also set by `cancel_at_period_end`) end then. */
export function subscriptionEnds(world: World): Due[] {
  return world.tables.subscription.newestFirst().flatMap((subscription) => {
    const at = subscription.cancel_at;
    if (at === null || subscription.ended_at !== null) return [];
    return [{ at, run: () => endSubscription(world, subscription, subscription.cancellation_details) }];
  });
}
