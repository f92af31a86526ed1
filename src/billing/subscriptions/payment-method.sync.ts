import type { Deps } from "../../deps.js";
import type { Write } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import { syncPayer } from "./payer.sync.js";
import { findCurrentSubscription } from "./subscription.service.js";
import { syncSubscription } from "./subscription.sync.js";

/**
 * A payment method changed or left: reads again who may be charged to it, the customer and the subscription,
 * for a payment method does not say whose default it is.
 */
export async function syncPaymentMethod(deps: Deps, user: UserRow): Promise<Write<void>> {
  const subscription = await findCurrentSubscription(deps, user.id);
  const writes = await Promise.all([
    user.stripeCustomerId ? syncPayer(deps, user, user.stripeCustomerId) : undefined,
    subscription ? syncSubscription(deps, user, subscription.stripeSubscriptionId) : undefined,
  ]);
  return async (inside) => {
    for (const write of writes) await write?.(inside);
  };
}
