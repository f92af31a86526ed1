import { type RefusedOutcome, refuse } from "../../errors.js";
import { isRunning } from "./subscription.js";
import type { SubscriptionRow } from "./subscription.table.js";

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Stripe allows two years from the billing anchor, which is the trial's present end: whatever that is, so many days from
 * now are within them. https://docs.stripe.com/api/subscriptions/update#update_subscription-trial_end
 */
const longestDays = 730;

/** Why no trial can end then; undefined when one can. */
export function trialEndFault(trialEndsAt: Date, now: Date): RefusedOutcome | undefined {
  if (trialEndsAt > now && trialEndsAt.getTime() <= now.getTime() + longestDays * dayMs) return undefined;
  const message = `A trial ends in the future, at most ${longestDays} days ahead.`;
  return refuse("INVALID_INPUT", message, { path: ["input", "trialEndsAt"] });
}

/** What of a subscription the end of its trial depends on. */
type State = Pick<SubscriptionRow, "status" | "cancelsAt" | "stripeScheduleId" | "pendingChange">;

/** Why the end of this subscription's trial cannot be moved; undefined when it can. */
export function refusedMove(state: State): RefusedOutcome | undefined {
  const at = { path: ["input", "subscriptionId"] };
  if (!isRunning(state)) return refuse("NO_SUBSCRIPTION", "The subscription is over.", at);
  if (state.status !== "TRIALING") return refuse("INVALID_INPUT", "The subscription is not in a trial.", at);
  if (state.cancelsAt) {
    return refuse("ALREADY_CANCELED", "The subscription ends with its trial; take that back first.", at);
  }
  // What waits is to come about when the trial ends, by dates that Stripe has written down.
  const isWaiting = state.stripeScheduleId !== null || state.pendingChange !== null;
  const message = "A change of plan waits for the end of this trial; the customer has to drop it first.";
  return isWaiting ? refuse("INVALID_INPUT", message, at) : undefined;
}
