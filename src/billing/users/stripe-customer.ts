import type { Deps } from "../../deps.js";
import type { CustomerSnapshot } from "../../stripe/snapshots.js";
import { isMissingCustomer, StripeRefused, StripeUnavailable } from "../../stripe/stripe-errors.js";
import { isEmail } from "./input-text.js";
import type { Payer } from "./payer.js";
import { userIdOf } from "./user.js";
import { findUser, forgetStripeCustomer, insertUser, setStripeCustomer, startNextAttempt } from "./user.repository.js";
import type { UserRow } from "./user.table.js";

/** A user who has a Stripe customer. */
export type RegisteredUser = UserRow & { readonly stripeCustomerId: string };

/** Thrown by work that sees for itself that the Stripe customer it was given has been deleted. */
export class StripeCustomerGone extends Error {
  override readonly name = "StripeCustomerGone";
}

/** Whether a Stripe customer was deleted, be it that Stripe remembers it so or not at all. */
export async function isGone(deps: Deps, stripeCustomerId: string): Promise<boolean> {
  try {
    return (await deps.stripe.getCustomer(stripeCustomerId)).isDeleted;
  } catch (error) {
    if (isMissingCustomer(error)) return true;
    throw error;
  }
}

/**
 * Runs work that needs the payer's Stripe customer, which is made now unless it was there. Call it under
 * the customer's lock; `work` must be fit to run twice.
 *
 * A customer that somebody deleted in Stripe's dashboard cannot be had back, and whoever pays must not be
 * shut out for good: another one is made, once, and the work runs again. The user's row, history and used
 * trial stay; Stripe has ended the subscriptions and forgotten the cards.
 */
export async function forStripeCustomer<T>(
  deps: Deps,
  payer: Payer,
  work: (user: RegisteredUser) => Promise<T>,
): Promise<T> {
  const user = await ensureCustomer(deps, payer);
  try {
    return await work(user);
  } catch (error) {
    if (!(error instanceof StripeCustomerGone) && !isMissingCustomer(error)) throw error;
    deps.log.warn(
      { user: user.id, customer: user.stripeCustomerId },
      "a Stripe customer was deleted; the user gets another one",
    );
    await forgetStripeCustomer(deps.db, user.id, user.stripeCustomerId);
    return work(await ensureCustomer(deps, payer));
  }
}

/**
 * The payer's row and Stripe customer, made now unless they were there. Call it under the customer's lock.
 *
 * The row is written first, and the Stripe customer is made from the row alone: a try that was cut off
 * after Stripe's answer is repeated with the same key and the same input, and gets the same customer.
 */
async function ensureCustomer(deps: Deps, payer: Payer): Promise<RegisteredUser> {
  // A token's e-mail is not ours to refuse: Stripe would, for good, so an odd one is left out.
  const email = payer.email && isEmail(payer.email) ? payer.email : null;
  const row = await insertUser(deps.db, { ...payer, email }, deps.now());
  if (row.stripeCustomerId) return { ...row, stripeCustomerId: row.stripeCustomerId };
  const stripeCustomerId = await createStripeCustomer(deps, row);
  await setStripeCustomer(deps.db, row.id, stripeCustomerId);
  return { ...row, stripeCustomerId };
}

async function createStripeCustomer(deps: Deps, { id, externalId, email, name, stripeAttempt, recordedAt }: UserRow) {
  try {
    const customer = { userId: id, externalId, email, name };
    // Whoever was forgotten and came back has the ID of before, and must not be answered with the deleted customer.
    const key = `customer-${id}-${recordedAt.getTime()}-${stripeAttempt}`;
    return (await deps.stripe.createCustomer(customer, key)).id;
  } catch (error) {
    // Stripe keeps most answers under their key for a day: with the same key the payer could not register till then.
    const isKept = error instanceof StripeRefused || (error instanceof StripeUnavailable && error.hadAnswer);
    if (isKept) await startNextAttempt(deps.db, id);
    throw error;
  }
}

/**
 * Ties a Stripe customer that this service made to its user again, whose row is made anew if it is gone. Call it under
 * the customer's lock. Undefined where the user has another Stripe customer by now, or Stripe's note is not ours.
 */
export async function adoptCustomer(deps: Deps, customer: CustomerSnapshot): Promise<UserRow | undefined> {
  const { id, userId, externalId, email, name } = customer;
  if (!userId) return undefined;
  const isMadeHere = externalId !== null && userIdOf(externalId) === userId;
  if (isMadeHere) await insertUser(deps.db, { userId, externalId, email, name }, deps.now());
  await setStripeCustomer(deps.db, userId, id);
  const user = await findUser(deps.db, userId);
  return user?.stripeCustomerId === id ? user : undefined;
}
