import type { Deps } from "../../deps.js";
import { type RefusedOutcome, refuse } from "../../errors.js";
import type { CancellationWords } from "../../stripe/course-gateway.js";
import { syncInvoice } from "../history/invoice.sync.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";
import { dropWaiting, type Waiting } from "../subscriptions/waiting.js";
import { isStorable } from "../users/input-text.js";
import { commit } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import { judgeUnusedTime, type UnusedTime, withhold } from "./unused-time.js";

/** When a cancellation takes effect, in alphabetical order. */
export const cancellationTimings = ["IMMEDIATE", "PERIOD_END"] as const;
export type CancellationTiming = (typeof cancellationTimings)[number];

/** A cancellation, as it is written down before it is made. */
export interface PlannedCancellation extends CancellationWords, UnusedTime {
  readonly stripeSubscriptionId: string;
  readonly timing: CancellationTiming;
  /** Whether unused time is credited, should nobody owe anything for it. */
  readonly isCredited: boolean;
  /** What charges for time that will not be delivered, and was not paid. */
  readonly unpaidInvoiceIds: readonly string[];
  readonly waiting: Waiting;
}

/** No paid period runs in these: there is nothing to wait for, and nothing to credit. */
const withoutPeriod: readonly SubscriptionRow["status"][] = ["INCOMPLETE", "PAUSED"];

/** When a subscription would end if it were canceled so. */
export function endOf({ status }: SubscriptionRow, timing: CancellationTiming): CancellationTiming {
  return withoutPeriod.includes(status) ? "IMMEDIATE" : timing;
}

/** What a cancellation would come to as things stand at Stripe. */
export async function planCancellation(
  deps: Deps,
  row: SubscriptionRow,
  wish: CancellationWords & { readonly timing: CancellationTiming },
): Promise<PlannedCancellation> {
  const { stripeSubscriptionId, stripeScheduleId, pendingChange, status } = row;
  const timing = endOf(row, wish.timing);
  const mayCredit = deps.settings.cancelNowCredit && !withoutPeriod.includes(status);
  const isNow = timing === "IMMEDIATE";
  const [unused, unpaid] = await Promise.all([
    mayCredit && isNow ? judgeUnusedTime(deps, row) : { isCredited: mayCredit },
    isNow ? deps.stripe.unpaidInvoicesBeyond(stripeSubscriptionId, deps.now()) : [],
  ]);
  return {
    stripeSubscriptionId,
    timing,
    ...unused,
    unpaidInvoiceIds: unpaid.filter((id) => id !== pendingChange?.unpaidInvoiceId),
    waiting: { stripeScheduleId, pendingChange },
    reason: wish.reason,
    comment: wish.comment,
  };
}

/**
 * Cancels at Stripe, or takes it up where an earlier run was cut off; false where what waited came about in this very
 * moment.
 *
 * An invoice for time that will not be delivered is withdrawn if nobody has paid it. Where there was one nothing is
 * credited: Stripe would credit the whole of the unused time, paid or not. What was given back before is taken off again.
 */
export async function performCancellation(deps: Deps, user: UserRow, planned: PlannedCancellation): Promise<boolean> {
  const { stripeSubscriptionId, timing, reason, comment } = planned;
  if (!(await dropWaiting(deps, stripeSubscriptionId, planned.waiting))) return false;
  if (timing === "PERIOD_END") {
    await deps.stripe.cancelAtPeriodEnd(stripeSubscriptionId, { reason, comment });
    return true;
  }
  const withdrawn: string[] = [];
  for (const id of planned.unpaidInvoiceIds) {
    if (await deps.stripe.withdrawUnpaidInvoice(id)) withdrawn.push(id);
  }
  const isCredited = planned.isCredited && withdrawn.length === 0;
  await deps.stripe.cancelNow(stripeSubscriptionId, { reason, comment, isCredited });
  await withhold(deps, stripeSubscriptionId, { ...planned, isCredited });
  for (const id of withdrawn) await commit(deps, await syncInvoice(deps, user, id));
  return true;
}

const longestComment = 1_000;

/** Why a comment cannot be kept; undefined when it can. It may have lines. */
export function commentFault(comment: string | null | undefined): RefusedOutcome | undefined {
  if (!comment?.trim() || isStorable(comment.replace(/[\r\n\t]/g, " "), longestComment)) return undefined;
  const message = `A comment is a text of at most ${longestComment} characters.`;
  return refuse("INVALID_INPUT", message, { path: ["input", "comment"] });
}
