import type { Deps } from "../../deps.js";
import { listCheckoutSides, lookAtCheckout } from "../checkout/checkout.comparison.js";
import { forgetCheckout, forgetPurchase, syncCheckout } from "../checkout/checkout.sync.js";
import { listHistorySides, lookAtInvoice, lookAtPayment } from "../history/history.comparison.js";
import { forgetInvoice, syncInvoice } from "../history/invoice.sync.js";
import { forgetPayment, syncPayment } from "../history/payment.sync.js";
import { syncPayer } from "../subscriptions/payer.sync.js";
import { listSubscriptionSides, lookAtSubscription } from "../subscriptions/subscription.comparison.js";
import { forgetSubscription, syncSubscription } from "../subscriptions/subscription.sync.js";
import { forgetCustomer, isKnownCustomer, lookAtCustomer, stripeCustomersOf } from "../users/customer.comparison.js";
import type { ObjectKind, Sides } from "../users/sides.js";
import type { Write } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";

/** How an object of one kind is looked at and repaired. */
interface ReconciledKind {
  /** Both sides, read now; undefined where there is nothing to compare. */
  look(deps: Deps, user: UserRow, stripeCustomerIds: readonly string[], stripeId: string): Promise<Sides | undefined>;
  /** What Stripe's event of the object would do. */
  sync(deps: Deps, user: UserRow, stripeId: string): Promise<Write<unknown>>;
  /** Drops what Stripe does not have. */
  forget(inside: Deps, user: UserRow, stripeId: string): Promise<void>;
}

/** Contents page: which kinds of object are compared, and how. */
const kinds: Readonly<Record<ObjectKind, ReconciledKind>> = {
  customer: {
    look: (deps, user, _ids, id) => lookAtCustomer(deps, user, id),
    sync: syncPayer,
    // Stripe remembers whom it deleted: one that it never heard of is another account's, and nothing to act upon.
    forget: async () => {},
  },
  subscription: {
    look: lookAtSubscription,
    sync: syncSubscription,
    async forget(inside, user, id) {
      await forgetPurchase(inside, id);
      await forgetSubscription(inside, user, id);
    },
  },
  invoice: { look: lookAtInvoice, sync: syncInvoice, forget: forgetInvoice },
  payment: { look: lookAtPayment, sync: syncPayment, forget: forgetPayment },
  checkout: { look: lookAtCheckout, sync: syncCheckout, forget: forgetCheckout },
};

/**
 * All objects of a customer, on both sides, in an order in which they can be repaired: a first look, without a lock.
 *
 * Where Stripe knows none of the user's customers, that alone is told: the key may be another account's, and then
 * nothing that is "missing" there means anything.
 */
export async function listSides(deps: Deps, user: UserRow): Promise<Sides[]> {
  const ids = stripeCustomersOf(user);
  const { stripeCustomerId } = user;
  const customer = stripeCustomerId ? await lookAtCustomer(deps, user, stripeCustomerId) : undefined;
  const isKnown = customer?.theirs !== undefined || (await isAnyKnown(deps, user.formerStripeCustomerIds));
  const own = customer ? [customer] : [];
  if (!isKnown) return own;
  const subscriptions = await listSubscriptionSides(deps, user, ids);
  const history = await listHistorySides(deps, user, ids);
  const checkouts = await listCheckoutSides(deps, user, ids);
  return [...own, ...subscriptions, ...history, ...checkouts];
}

async function isAnyKnown(deps: Deps, stripeCustomerIds: readonly string[]): Promise<boolean> {
  for (const id of stripeCustomerIds) if (await isKnownCustomer(deps, id)) return true;
  return false;
}

/** One object on both sides, read now; undefined where there is nothing to compare. */
export function lookAgain(deps: Deps, user: UserRow, { kind, stripeId }: ObjectName): Promise<Sides | undefined> {
  return kinds[kind].look(deps, user, stripeCustomersOf(user), stripeId);
}

/** Prepares the write that makes ours what Stripe has. */
export async function prepareRepair(deps: Deps, user: UserRow, sides: Sides): Promise<Write<unknown>> {
  const { kind, stripeId, theirs } = sides;
  if (kind === "customer" && theirs?.["isDeleted"] === true) return (inside) => forgetCustomer(inside, user, stripeId);
  if (theirs) return kinds[kind].sync(deps, user, stripeId);
  return (inside) => kinds[kind].forget(inside, user, stripeId);
}

/** What names an object. */
export type ObjectName = Pick<Sides, "kind" | "stripeId">;
