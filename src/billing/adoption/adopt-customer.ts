import type { Deps } from "../../deps.js";
import { inTransaction } from "../../deps.js";
import { unlessMissing } from "../../stripe/stripe-errors.js";
import { recordAct } from "../audit/audit.js";
import { syncHistory } from "../history/history.sync.js";
import { syncSubscriptions } from "../subscriptions/subscription.sync.js";
import { recordCard } from "../subscriptions/trial-ledger.js";
import { forgetCustomer } from "../users/customer.comparison.js";
import { lockCustomer } from "../users/customer-lock.js";
import { completeImport, tieForeignCustomer } from "../users/foreign-customer.js";
import { namedPayer, type Payer } from "../users/payer.js";
import { commit, customerWrite } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import type { Match } from "./match-payers.js";

/** Who imports, and why. */
export interface Order {
  readonly actor: string;
  readonly reason: string;
}

/** What became of it: somebody else did it meanwhile, it was deleted at Stripe, or its payer has another one by now. */
export type Adoption = "ADOPTED" | "KNOWN" | "GONE" | "CONFLICT";

/**
 * Makes a customer of the Stripe account the payer's, and brings in their subscriptions, invoices, payments and card.
 * At Stripe nothing is changed.
 *
 * It is tied to the payer first, in a transaction of its own, so that events are heeded from then on; then all that
 * Stripe has is read and written in one. Cut off in between, it is done again by the next import.
 */
export function adoptForeignCustomer(
  deps: Deps,
  stripeCustomerId: string,
  match: Match,
  order: Order,
): Promise<Adoption> {
  const payer = namedPayer(match.externalId);
  if (!payer) throw new Error(`${stripeCustomerId} was matched to what cannot be anybody's ID.`);
  return lockCustomer(deps, payer.userId, async () => {
    const user = await inTransaction(deps, (inside) => tie(inside, payer, stripeCustomerId, match, order));
    if (!user) return "CONFLICT";
    return user.isImportPending ? readAll(deps, user, stripeCustomerId) : "KNOWN";
  });
}

async function tie(
  inside: Deps,
  payer: Payer,
  stripeCustomerId: string,
  { by }: Match,
  { actor, reason }: Order,
): Promise<UserRow | undefined> {
  const tied = await tieForeignCustomer(inside, payer, stripeCustomerId);
  if (tied?.isNew) {
    const details = { stripeCustomerId, matchedBy: by };
    await recordAct(inside, { actor, action: "customer.import", userId: tied.user.id, reason, details });
  }
  return tied?.user;
}

async function readAll(deps: Deps, user: UserRow, stripeCustomerId: string): Promise<Adoption> {
  const [customer, writeSubscriptions, writeHistory] = await Promise.all([
    unlessMissing(deps.stripe.getCustomer(stripeCustomerId)),
    syncSubscriptions(deps, user, stripeCustomerId),
    syncHistory(deps, user, stripeCustomerId),
  ]);
  const isThere = customer !== undefined && !customer.isDeleted;
  await commit(deps, async (inside) => {
    if (isThere) await customerWrite(user, customer)(inside);
    else await forgetCustomer(inside, user, stripeCustomerId);
    await writeSubscriptions(inside);
    // Their trials were written as of somebody whose card was not on record yet.
    await recordCard(inside, user.id);
    await writeHistory(inside);
    await completeImport(inside, user);
  });
  return isThere ? "ADOPTED" : "GONE";
}
