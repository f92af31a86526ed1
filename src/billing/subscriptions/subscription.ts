import type { SubscriptionStatus } from "../../stripe/snapshots.js";
import type { ChangeCause } from "../allowances/standing.announcement.js";
import type { TieredMoment } from "../moment.js";
import type { DiscountRow, SubscriptionRow } from "./subscription.table.js";

/** What the rules need to know of a subscription. */
export interface SubscriptionState {
  readonly status: SubscriptionStatus;
  readonly tierSlug: string | null;
  readonly currentPeriodEnd: Date | null;
}

const dayMs = 24 * 60 * 60 * 1000;

/** What the grace of a late payment is judged by. */
type Lateness = Pick<SubscriptionRow, "status" | "pastDueSince" | "tierSlug">;

/** When the grace for a failed payment ends, or ended; null while nothing is overdue. */
export function graceEndOf({ status, pastDueSince, tierSlug }: Lateness, { graceDaysOf }: TieredMoment): Date | null {
  if (status !== "PAST_DUE" || !pastDueSince) return null;
  return new Date(pastDueSince.getTime() + graceDaysOf(tierSlug) * dayMs);
}

const over: readonly SubscriptionStatus[] = ["CANCELED", "INCOMPLETE_EXPIRED"];

/**
 * Whether it grants its tier's features right now. Past due still does for a while: one failed card must not
 * lock a paying customer out at once. The database's `is_entitling` is the same rule.
 */
export function isEntitling(subscription: Lateness, moment: TieredMoment): boolean {
  if (subscription.status === "ACTIVE" || subscription.status === "TRIALING") return true;
  if (subscription.status !== "PAST_DUE") return false;
  const graceEnd = graceEndOf(subscription, moment);
  return graceEnd === null || moment.now < graceEnd;
}

/** Whether it can still run, so that a second one must not be sold beside it. */
export function isRunning({ status }: Pick<SubscriptionState, "status">): boolean {
  return !over.includes(status);
}

/** Whether a discount has stopped by now. */
export function hasStopped({ endsAt }: DiscountRow, now: Date): boolean {
  return endsAt !== null && new Date(endsAt) <= now;
}

/** What changed a subscription, judged by its state before and after. */
export function causeOf(before: SubscriptionState | undefined, after: SubscriptionState): ChangeCause {
  if (!before || before.status === "INCOMPLETE") return "CUSTOMER";
  if (before.status === "TRIALING" && after.status !== "TRIALING") return "TRIAL_END";
  if (before.status !== after.status && [before.status, after.status].includes("PAST_DUE")) return "PAYMENT";
  const hasNewPeriod = (after.currentPeriodEnd?.getTime() ?? 0) > (before.currentPeriodEnd?.getTime() ?? 0);
  return hasNewPeriod && before.tierSlug === after.tierSlug ? "RENEWAL" : "CUSTOMER";
}

/**
 * Whether a reader would see a difference; bookkeeping does not count, nor what only staff see, nor what nobody is
 * shown, nor the card, which its customer shows.
 */
export function hasNews(before: Partial<SubscriptionRow>, after: Partial<SubscriptionRow>): boolean {
  return visible(before) !== visible(after);
}

function visible(row: Partial<SubscriptionRow>): string {
  const { recordedAt, updatedAt, paymentMethod, mrr, mrrCurrency, mrrDueAt, ...rest } = row;
  const { cancellationReason, cancellationComment, stripeScheduleId, setAsideScheduleId, ...shown } = rest;
  return JSON.stringify(shown);
}
