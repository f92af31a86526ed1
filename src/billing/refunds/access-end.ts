import { isRunning } from "../subscriptions/subscription.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";

/** What of a subscription tells which period runs. */
type Period = Pick<SubscriptionRow, "status" | "currentPeriodStart" | "currentPeriodEnd">;

/** The end of the period of a subscription that runs now; undefined where none does. */
export function endOfRunningPeriod(subscription: Period, now: Date): Date | undefined {
  const { currentPeriodStart: start, currentPeriodEnd: end } = subscription;
  return isRunning(subscription) && start && end && now >= start && now < end ? end : undefined;
}
