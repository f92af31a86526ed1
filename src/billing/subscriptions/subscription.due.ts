import type { Deps } from "../../deps.js";
import { CustomerBusy } from "../../errors.js";
import { lockCustomer } from "../users/customer-lock.js";
import { findCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";
import { findAtUnknownPrice, listUnknownPrices } from "./subscription.repository.js";
import { syncSubscription } from "./subscription.sync.js";
import type { SubscriptionRow } from "./subscription.table.js";

const batch = 100;

/** Gives subscriptions the tier of their price where the catalog did not know it and does now, after a push. */
export async function adoptKnownPrices(deps: Deps): Promise<void> {
  const unknown = await listUnknownPrices(deps.db);
  if (unknown.length === 0) return;
  const known = new Set(deps.catalog().prices.map((price) => price.stripePriceId));
  const nowKnown = unknown.filter((stripePriceId) => known.has(stripePriceId));
  for (const row of await findAtUnknownPrice(deps.db, nowKnown, batch)) await readAgain(deps, row).catch(unlessBusy);
}

function readAgain(deps: Deps, row: SubscriptionRow): Promise<unknown> {
  return lockCustomer(deps, row.userId, async () => {
    const user = await findCustomer(deps, row.userId);
    if (!user) throw new Error(`Subscription ${row.id} belongs to a user without a row.`);
    return commit(deps, await syncSubscription(deps, user, row.stripeSubscriptionId));
  });
}

function unlessBusy(error: unknown): void {
  if (!(error instanceof CustomerBusy)) throw error; // somebody else is at it: the next sweep looks again
}
