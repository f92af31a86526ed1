import type { Deps } from "../../deps.js";
import { unlessMissing } from "../../stripe/stripe-errors.js";
import type { Sides } from "./sides.js";
import { findUser, forgetStripeCustomer, profileOf } from "./user.repository.js";
import type { UserRow } from "./user.table.js";

/** Every Stripe customer that is this user's or was, the present one first. */
export function stripeCustomersOf({ stripeCustomerId, formerStripeCustomerIds }: UserRow): string[] {
  return [...(stripeCustomerId ? [stripeCustomerId] : []), ...formerStripeCustomerIds];
}

/** A user's Stripe customer on both sides, read now; undefined for one that is the user's no longer. */
export async function lookAtCustomer(deps: Deps, user: UserRow, stripeCustomerId: string): Promise<Sides | undefined> {
  const customer = await unlessMissing(deps.stripe.getCustomer(stripeCustomerId));
  const row = await findUser(deps.db, user.id);
  if (row?.stripeCustomerId !== stripeCustomerId) return undefined;
  const ours = { ...profileOf(row), isDeleted: false };
  const theirs = customer?.isDeleted ? { isDeleted: true } : customer && { ...profileOf(customer), isDeleted: false };
  return { kind: "customer", stripeId: stripeCustomerId, ours, theirs };
}

/** Whether Stripe knows this customer, be it as a deleted one. If not, the key may well be another account's. */
export async function isKnownCustomer(deps: Deps, stripeCustomerId: string): Promise<boolean> {
  return (await unlessMissing(deps.stripe.getCustomer(stripeCustomerId))) !== undefined;
}

/** Unties a user from a customer that was deleted at Stripe, as their next purchase would. */
export function forgetCustomer(inside: Deps, user: UserRow, stripeCustomerId: string): Promise<void> {
  return forgetStripeCustomer(inside.db, user.id, stripeCustomerId);
}
