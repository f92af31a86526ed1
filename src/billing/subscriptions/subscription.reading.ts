import type { Deps } from "../../deps.js";
import { findCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";
import { isRunning } from "./subscription.js";
import { findCurrentSubscription } from "./subscription.service.js";
import { syncSubscription } from "./subscription.sync.js";
import type { SubscriptionRow } from "./subscription.table.js";

/**
 * The running or last subscription, as Stripe has it now: what is decided about money goes by nothing older.
 *
 * Call it under the customer's lock.
 */
export async function readSubscriptionAgain(deps: Deps, userId: string): Promise<SubscriptionRow | undefined> {
  const [user, subscription] = await Promise.all([findCustomer(deps, userId), findCurrentSubscription(deps, userId)]);
  if (!user || !subscription || !isRunning(subscription)) return subscription;
  await commit(deps, await syncSubscription(deps, user, subscription.stripeSubscriptionId));
  return findCurrentSubscription(deps, userId);
}
