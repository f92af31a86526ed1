import type { SubscriptionStatus } from "../../stripe/snapshots.js";
import type { SubscriptionRow } from "./subscription.table.js";

/** What the rules need to know of a subscription. */
export interface SubscriptionState {
  readonly status: SubscriptionStatus;
  readonly tierSlug: string | null;
  readonly currentPeriodEnd: Date | null;
}

/** What caused a change, as live updates name it. */
export type ChangeCause = "ADMIN" | "CUSTOMER" | "PAYMENT" | "RENEWAL" | "TRIAL_END" | "USAGE";

/** Past due still entitles: one failed card must not lock a paying customer out while Stripe tries again. */
const entitling: readonly SubscriptionStatus[] = ["ACTIVE", "TRIALING", "PAST_DUE"];

const over: readonly SubscriptionStatus[] = ["CANCELED", "INCOMPLETE_EXPIRED"];

/** Whether it grants its tier's features right now. */
export function isEntitling({ status }: Pick<SubscriptionState, "status">): boolean {
  return entitling.includes(status);
}

/** Whether it can still run, so that a second one must not be sold beside it. */
export function isRunning({ status }: Pick<SubscriptionState, "status">): boolean {
  return !over.includes(status);
}

/** What changed a subscription, judged by its state before and after. */
export function causeOf(before: SubscriptionState | undefined, after: SubscriptionState): ChangeCause {
  if (!before || before.status === "INCOMPLETE") return "CUSTOMER";
  if (before.status === "TRIALING" && after.status !== "TRIALING") return "TRIAL_END";
  if (before.status !== after.status && [before.status, after.status].includes("PAST_DUE")) return "PAYMENT";
  const hasNewPeriod = (after.currentPeriodEnd?.getTime() ?? 0) > (before.currentPeriodEnd?.getTime() ?? 0);
  return hasNewPeriod && before.tierSlug === after.tierSlug ? "RENEWAL" : "CUSTOMER";
}

/** Whether a reader would see a difference; bookkeeping columns do not count. */
export function hasNews(before: SubscriptionRow, after: SubscriptionRow): boolean {
  const visible = ({ recordedAt, updatedAt, ...rest }: SubscriptionRow) => JSON.stringify(rest);
  return visible(before) !== visible(after);
}
