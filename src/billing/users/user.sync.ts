import { type Deps, inTransaction } from "../../deps.js";
import type { CustomerSnapshot } from "../../stripe/snapshots.js";
import { isMissing } from "../../stripe/stripe-errors.js";
import { cardMark } from "./person-marks.js";
import { isUuid } from "./user.js";
import { findUser, findUserByStripeId, setStripeCustomer, storeProfile } from "./user.repository.js";
import type { UserRow } from "./user.table.js";

/** A write that was prepared by reading Stripe; run it in a transaction, under the customer's lock. */
export type Write<T> = (inside: Deps) => Promise<T>;

/** Runs a prepared write in a transaction of its own. */
export function commit<T>(deps: Deps, write: Write<T>): Promise<T> {
  return inTransaction(deps, write);
}

/** Reads the Stripe customer; the write makes our row match. */
export async function syncCustomer(deps: Deps, user: UserRow, stripeCustomerId: string): Promise<Write<void>> {
  return customerWrite(user, await deps.stripe.getCustomer(stripeCustomerId));
}

/** The write of `syncCustomer` for a customer that was read just now. */
export function customerWrite(user: UserRow, customer: CustomerSnapshot): Write<void> {
  return async ({ db, settings }) => {
    // Who a deleted customer was stays on record: invoices and payments still name them.
    const isFormer = user.stripeCustomerId !== null && user.stripeCustomerId !== customer.id;
    if (customer.isDeleted || isFormer || user.forgottenAt !== null) return;
    await storeProfile(db, user.id, customer, cardMark(settings.trialKey, customer.fingerprint));
  };
}

/**
 * Whose Stripe customer this is; undefined for one that this service neither made nor adopted.
 *
 * An event may arrive before the row knows its Stripe customer, so a stranger is looked up at Stripe,
 * where we wrote our row's id.
 */
export async function findOwner(deps: Deps, stripeCustomerId: string): Promise<UserRow | undefined> {
  const known = await findUserByStripeId(deps.db, stripeCustomerId);
  if (known) return known;
  const userId = await readUserId(deps, stripeCustomerId);
  const user = userId ? await findUser(deps.db, userId) : undefined;
  if (!user || (user.stripeCustomerId && user.stripeCustomerId !== stripeCustomerId)) return undefined;
  await setStripeCustomer(deps.db, user.id, stripeCustomerId);
  return { ...user, stripeCustomerId };
}

async function readUserId(deps: Deps, stripeCustomerId: string): Promise<string | undefined> {
  try {
    const { userId } = await deps.stripe.getCustomer(stripeCustomerId);
    return userId && isUuid(userId) ? userId : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
