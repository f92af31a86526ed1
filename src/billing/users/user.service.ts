import { z } from "zod";
import type { Deps } from "../../deps.js";
import { done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import { StripeUnavailable } from "../../stripe/stripe-errors.js";
import { withCustomerLock } from "./customer-lock.js";
import { answerOnce } from "./idempotency.js";
import { isStorable } from "./input-text.js";
import type { Payer } from "./payer.js";
import {
  findUser,
  findUsers,
  insertUser,
  setStripeCustomer,
  startNextAttempt,
  storeProfile,
} from "./user.repository.js";
import type { UserRow } from "./user.table.js";

/** Who to register; what is left out is taken from the token. */
export interface RegisterCustomer {
  readonly idempotencyKey?: string | null;
  readonly email?: string | null;
  readonly name?: string | null;
}

/** A user who has a Stripe customer. */
export type RegisteredUser = UserRow & { readonly stripeCustomerId: string };

/** Makes sure that the payer has exactly one row and one Stripe customer, and that a profile given here is on both. */
export function registerCustomer(
  deps: Deps,
  payer: Payer,
  input: RegisterCustomer,
): Promise<Outcome<{ userId: string }>> {
  const { userId } = payer;
  const { idempotencyKey: key, email, name } = input;
  const fault = profileFault(input);
  if (fault) return Promise.resolve(fault);
  return withCustomerLock(deps, userId, () =>
    answerOnce(deps, { userId, operation: "registerCustomer", key, input: { email, name } }, async () => {
      const user = await ensureCustomer(deps, { ...payer, email: email ?? payer.email, name: name ?? payer.name });
      const isNews = (email && email !== user.email) || (name && name !== user.name);
      if (isNews) {
        const profile = { email: email ?? user.email, name: name ?? user.name };
        await storeProfile(deps.db, userId, await deps.stripe.updateCustomer(user.stripeCustomerId, profile));
      }
      return done({ userId });
    }),
  );
}

const longestName = 256;

function profileFault({ email, name }: RegisterCustomer): RefusedOutcome | undefined {
  if (typeof email === "string" && !isEmail(email)) {
    return refuse("INVALID_INPUT", "This is not an e-mail address.", { path: ["input", "email"] });
  }
  if (typeof name === "string" && !isStorable(name, longestName)) {
    const message = `A name is a text of 1 to ${longestName} characters without control characters.`;
    return refuse("INVALID_INPUT", message, { path: ["input", "name"] });
  }
  return undefined;
}

function isEmail(text: string): boolean {
  return z.email().max(512).safeParse(text).success;
}

/**
 * The payer's row and Stripe customer, made now unless they were there. Call it under the customer's lock.
 *
 * The row is written first, and the Stripe customer is made from the row alone: a try that was cut off
 * after Stripe's answer is repeated with the same key and the same input, and gets the same customer.
 */
export async function ensureCustomer(deps: Deps, payer: Payer): Promise<RegisteredUser> {
  // A token's e-mail is not ours to refuse: Stripe would, for good, so an odd one is left out.
  const email = payer.email && isEmail(payer.email) ? payer.email : null;
  const row = await insertUser(deps.db, { ...payer, email }, deps.now());
  if (row.stripeCustomerId) return { ...row, stripeCustomerId: row.stripeCustomerId };
  const stripeCustomerId = await createStripeCustomer(deps, row);
  await setStripeCustomer(deps.db, row.id, stripeCustomerId);
  return { ...row, stripeCustomerId };
}

async function createStripeCustomer(deps: Deps, { id, externalId, email, name, stripeAttempt }: UserRow) {
  try {
    const customer = { userId: id, externalId, email, name };
    return (await deps.stripe.createCustomer(customer, `customer-${id}-${stripeAttempt}`)).id;
  } catch (error) {
    // Stripe keeps a 5xx under its key for a day: with the same key the payer could not register till then.
    if (error instanceof StripeUnavailable && error.hadAnswer) await startNextAttempt(deps.db, id);
    throw error;
  }
}

/** The row of each user, in the order asked for: the batch behind a loader. */
export async function loadCustomers(deps: Deps, userIds: readonly string[]): Promise<(UserRow | undefined)[]> {
  const rows = new Map((await findUsers(deps.db, userIds)).map((row) => [row.id, row]));
  return userIds.map((id) => rows.get(id));
}

/** The payer's row; undefined for a payer who never registered or bought. */
export function findCustomer(deps: Deps, userId: string): Promise<UserRow | undefined> {
  return findUser(deps.db, userId);
}
