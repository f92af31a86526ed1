import { newId } from "../../db/new-id.js";
import { type Deps, inTransaction } from "../../deps.js";
import { announceEntitlements } from "../allowances/standing.announcement.js";
import { standingsOf } from "../allowances/standing.service.js";
import { recordAct } from "../audit/audit.js";
import { lockCustomer } from "../users/customer-lock.js";
import { userIdOf } from "../users/user.js";
import { findCustomer, stripeIdsOf } from "../users/user.service.js";
import type { UserRow } from "../users/user.table.js";
import { moveToNameless } from "./departure.repository.js";
import { leaveStripe } from "./leave-stripe.js";

/** Who has somebody forgotten, and why. */
export interface Order {
  readonly actor: string;
  readonly reason: string;
}

/** What became of it: also that nobody is on record any more, or that it was done before. */
export type Departure = "FORGOTTEN" | "FORGOTTEN_BEFORE" | "NOBODY";

/**
 * Ends all that runs for a customer, and erases what is personal.
 *
 * What accounting needs, amounts, numbers and dates, moves to a nameless customer, whose ID nothing can be told from: our
 * IDs derive from the host product's, so that under the old one they would still be somebody's. Whoever comes back is
 * new. May be cut off and run again: all that is erased goes in one transaction, after Stripe has no customer any more.
 */
export function forgetCustomer(deps: Deps, userId: string, order: Order): Promise<Departure> {
  return lockCustomer(deps, userId, async () => {
    const user = await findCustomer(deps, userId);
    if (!user) return "NOBODY";
    if (user.forgottenAt !== null) return "FORGOTTEN_BEFORE";
    if (user.stripeCustomerId !== null) await leaveStripe(deps, user, user.stripeCustomerId);
    await inTransaction(deps, (inside) => erase(inside, user, order));
    return "FORGOTTEN";
  });
}

async function erase(inside: Deps, user: UserRow, { actor, reason }: Order): Promise<void> {
  const before = await standingsOf(inside, user.id, inside.now());
  const externalId = `forgotten:${newId()}`;
  const userId = userIdOf(externalId);
  await moveToNameless(inside.db, user, { userId, externalId, forgottenAt: inside.now() });
  await announceEntitlements(inside, user.id, before, "ADMIN");
  const details = { stripeCustomerIds: stripeIdsOf(user) };
  await recordAct(inside, { actor, action: "customer.forget", userId, reason, details });
}
