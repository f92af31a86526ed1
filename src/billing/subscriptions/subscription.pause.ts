import type { Deps } from "../../deps.js";
import { announceSubscription } from "./subscription.announcement.js";
import { findPausesOver, setPauseEnd } from "./subscription.repository.js";
import type { SubscriptionRow } from "./subscription.table.js";

/** Paused subscriptions that are to go on by now, as our records have it: at most so many. */
export function findOverduePauses(deps: Deps, limit: number): Promise<SubscriptionRow[]> {
  return findPausesOver(deps.db, deps.now(), limit);
}

/** Whether a pause is to end by now. */
export function isPauseOver({ status, pauseEndsAt }: SubscriptionRow, now: Date): boolean {
  return status === "PAUSED" && pauseEndsAt !== null && pauseEndsAt <= now;
}

/** Writes down when the pause that is about to be made ends by itself; null leaves that to its customer. */
export function planPauseEnd(deps: Deps, stripeSubscriptionId: string, endsAt: Date | null): Promise<void> {
  return setPauseEnd(deps.db, stripeSubscriptionId, endsAt);
}

/** Leaves it to the customer, and to Stripe, when a pause ends, and tells whoever listens. */
export async function dropPauseEnd(inside: Deps, row: SubscriptionRow): Promise<void> {
  await setPauseEnd(inside.db, row.stripeSubscriptionId, null);
  const after = { ...row, pauseEndsAt: null };
  await announceSubscription(inside, { after, previousStatus: row.status, cause: "PAYMENT" });
}
