import type { Owners } from "../../db/owners.js";
import type { Deps } from "../../deps.js";
import { momentOf } from "../moment.js";
import { findByStripeId, findCurrentSubscriptions, findSubscriptions } from "./subscription.repository.js";
import type { SubscriptionRow } from "./subscription.table.js";

/** The running subscription, or the last one; undefined when there never was one. */
export async function findCurrentSubscription(deps: Deps, userId: string): Promise<SubscriptionRow | undefined> {
  return (await findCurrentSubscriptions(deps.db, [userId], momentOf(deps)))[0];
}

/** The running or last subscription of each user, in the order asked for: the batch behind a loader. */
export async function loadCurrentSubscriptions(
  deps: Deps,
  userIds: readonly string[],
): Promise<(SubscriptionRow | undefined)[]> {
  const current = await findCurrentSubscriptions(deps.db, userIds, momentOf(deps));
  const rows = new Map(current.map((row) => [row.userId, row]));
  return userIds.map((userId) => rows.get(userId));
}

/** One subscription by our id. */
export async function findSubscriptionById(deps: Deps, id: string): Promise<SubscriptionRow | undefined> {
  return (await findSubscriptions(deps.db, "EVERYBODY", [id]))[0];
}

/** The subscriptions among these that belong to the owners. */
export function findSubscriptionsOf(deps: Deps, owners: Owners, ids: readonly string[]): Promise<SubscriptionRow[]> {
  return findSubscriptions(deps.db, owners, ids);
}

/** The row of each subscription, whoever's it is, in the order asked for: the batch behind a loader. */
export async function loadSubscriptions(deps: Deps, ids: readonly string[]): Promise<(SubscriptionRow | undefined)[]> {
  const rows = new Map((await findSubscriptions(deps.db, "EVERYBODY", ids)).map((row) => [row.id, row]));
  return ids.map((id) => rows.get(id));
}

/** The row of a subscription at Stripe, whoever's it is. */
export function findStripeSubscription(deps: Deps, stripeSubscriptionId: string): Promise<SubscriptionRow | undefined> {
  return findByStripeId(deps.db, stripeSubscriptionId);
}
