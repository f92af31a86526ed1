import type { Deps } from "../../deps.js";
import { done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import { withCustomerLock } from "./customer-lock.js";
import { answerOnce } from "./idempotency.js";
import { isEmail, isStorable } from "./input-text.js";
import type { Payer } from "./payer.js";
import { cardMark } from "./person-marks.js";
import { forStripeCustomer } from "./stripe-customer.js";
import {
  countAtStripe,
  findNextAtStripe,
  findUser,
  findUsers,
  findUsersByStripeIds,
  storeProfile,
} from "./user.repository.js";
import type { UserRow } from "./user.table.js";

/** Who to register; what is left out is taken from the token. */
export interface RegisterCustomer {
  readonly idempotencyKey?: string | null;
  readonly email?: string | null;
  readonly name?: string | null;
}

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
      const profiled = { ...payer, email: email ?? payer.email, name: name ?? payer.name };
      await forStripeCustomer(deps, profiled, async (user) => {
        const isNews = (email && email !== user.email) || (name && name !== user.name);
        if (!isNews) return;
        const profile = { email: email ?? user.email, name: name ?? user.name };
        const customer = await deps.stripe.updateCustomer(user.stripeCustomerId, profile);
        await storeProfile(deps.db, userId, customer, cardMark(deps.settings.trialKey, customer.fingerprint));
      });
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

/** The row of each user, in the order asked for: the batch behind a loader. */
export async function loadCustomers(deps: Deps, userIds: readonly string[]): Promise<(UserRow | undefined)[]> {
  const rows = new Map((await findUsers(deps.db, userIds)).map((row) => [row.id, row]));
  return userIds.map((id) => rows.get(id));
}

/** Whose each of these Stripe customers is, or was before it was deleted there. */
export async function loadCustomersByStripeId(
  deps: Deps,
  stripeCustomerIds: readonly string[],
): Promise<(UserRow | undefined)[]> {
  const rows = await findUsersByStripeIds(deps.db, stripeCustomerIds);
  const owners = new Map(rows.flatMap((row) => stripeIdsOf(row).map((stripeId) => [stripeId, row] as const)));
  return stripeCustomerIds.map((stripeId) => owners.get(stripeId));
}

/** The Stripe customers that a user has or had. */
export function stripeIdsOf({ stripeCustomerId, formerStripeCustomerIds }: UserRow): string[] {
  return stripeCustomerId ? [stripeCustomerId, ...formerStripeCustomerIds] : formerStripeCustomerIds;
}

/** The payer's row; undefined for a payer who never registered or bought. */
export function findCustomer(deps: Deps, userId: string): Promise<UserRow | undefined> {
  return findUser(deps.db, userId);
}

/** The row of somebody who has bought something, and so must have one. */
export async function getCustomer(deps: Deps, userId: string): Promise<UserRow> {
  const user = await findCustomer(deps, userId);
  if (!user) throw new Error(`Somebody with a subscription has no row: ${userId}.`);
  return user;
}

/** The user after this one, by id, who has or had a Stripe customer. */
export async function findNextPayer(deps: Deps, after: string | null): Promise<UserRow | undefined> {
  return (await findNextAtStripe(deps.db, after, 1))[0];
}

/** How many users have or had a Stripe customer: all of them, and those up to an ID in the order of `findNextPayer`. */
export function countPayers(deps: Deps, upTo: string | null): Promise<{ all: number; upTo: number }> {
  return countAtStripe(deps.db, upTo);
}
