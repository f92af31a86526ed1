import type { Deps } from "../../deps.js";
import { findCurrentSubscriptions, findSubscription } from "./subscription.repository.js";
import type { SubscriptionRow } from "./subscription.table.js";

/** The running subscription, or the last one; undefined when there never was one. */
export async function findCurrentSubscription(deps: Deps, userId: string): Promise<SubscriptionRow | undefined> {
  return (await findCurrentSubscriptions(deps.db, [userId]))[0];
}

/** The running or last subscription of each user, in the order asked for: the batch behind a loader. */
export async function loadCurrentSubscriptions(
  deps: Deps,
  userIds: readonly string[],
): Promise<(SubscriptionRow | undefined)[]> {
  const rows = new Map((await findCurrentSubscriptions(deps.db, userIds)).map((row) => [row.userId, row]));
  return userIds.map((userId) => rows.get(userId));
}

/** One subscription by our id. */
export function findSubscriptionById(deps: Deps, id: string): Promise<SubscriptionRow | undefined> {
  return findSubscription(deps.db, id);
}
