import type { Deps } from "../../deps.js";
import type { Payer } from "./payer.js";
import { beginImport, endImport, findUserByStripeId, insertUser, setStripeCustomer } from "./user.repository.js";
import type { UserRow } from "./user.table.js";

/** A user and their Stripe customer, tied now or before. */
export interface Tie {
  readonly user: UserRow;
  readonly isNew: boolean;
}

/**
 * Ties a Stripe customer that was made elsewhere to a payer, whose row is made unless it was there, as one of whom
 * nothing was read yet. Call it in a transaction, under the customer's lock.
 *
 * Undefined where the payer has another Stripe customer, or this one is somebody else's. From then on its events are
 * the user's, so what is read of Stripe after the transaction cannot be overtaken by one that nobody heeds.
 */
export async function tieForeignCustomer(
  inside: Deps,
  payer: Payer,
  stripeCustomerId: string,
): Promise<Tie | undefined> {
  const { db } = inside;
  const owner = await findUserByStripeId(db, stripeCustomerId);
  if (owner) return owner.id === payer.userId ? { user: owner, isNew: false } : undefined;
  const row = await insertUser(db, payer, inside.now());
  if (row.stripeCustomerId !== null) return undefined;
  await setStripeCustomer(db, row.id, stripeCustomerId);
  await beginImport(db, row.id);
  return { user: { ...row, stripeCustomerId, isImportPending: true }, isNew: true };
}

/** Notes that all that is the user's at Stripe has been read. */
export function completeImport({ db }: Deps, { id }: UserRow): Promise<void> {
  return endImport(db, id);
}
