import { type RefusedOutcome, refuse } from "../../errors.js";
import { isRunning } from "../subscriptions/subscription.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";

/**
 * Refuses to ask whether a subscription shall end: there has to be one, and it must not end anyway.
 *
 * One that was never paid for gives up by itself: https://docs.stripe.com/billing/subscriptions/overview
 */
export function refusedCancel(
  subscription: Pick<SubscriptionRow, "status" | "cancelsAt"> | undefined,
): RefusedOutcome | undefined {
  if (!subscription || !isRunning(subscription) || subscription.status === "INCOMPLETE")
    return refuse("NO_SUBSCRIPTION");
  return subscription.cancelsAt ? refuse("ALREADY_CANCELED") : undefined;
}
