import type { Deps } from "../../deps.js";
import { syncCustomer, type Write } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import { recordCard } from "./trial-ledger.js";

/**
 * Makes our row match the Stripe customer, and with it what their trials are known by: a card that was left tells whose
 * trial was begun without one.
 */
export async function syncPayer(deps: Deps, user: UserRow, stripeCustomerId: string): Promise<Write<void>> {
  const write = await syncCustomer(deps, user, stripeCustomerId);
  return async (inside) => {
    await write(inside);
    await recordCard(inside, user.id);
  };
}
