import { isRunning } from "./subscription.js";
import type { SubscriptionRow } from "./subscription.table.js";

/** What can be done with a subscription, in alphabetical order. */
export const subscriptionActions = [
  "CANCEL",
  "CANCEL_PENDING_CHANGE",
  "CHANGE_PLAN",
  "OPEN_PORTAL",
  "PAUSE",
  "RESUME",
  "UPDATE_PAYMENT_METHOD",
] as const;
export type SubscriptionAction = (typeof subscriptionActions)[number];

/**
 * What would now be accepted of somebody who may act for the subscription's account.
 *
 * The portal opens for everybody; another payment method makes sense while there is something left to charge.
 */
export function availableActions(subscription: Pick<SubscriptionRow, "status">): SubscriptionAction[] {
  return isRunning(subscription) ? ["OPEN_PORTAL", "UPDATE_PAYMENT_METHOD"] : ["OPEN_PORTAL"];
}
