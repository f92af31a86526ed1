import type { Deps } from "../../deps.js";
import { accountPages } from "../../stripe/pages.js";
import type { ListedPrice, ListedSubscription } from "../../stripe/snapshots.js";
import { findPriceByStripeId } from "../catalog/catalog.js";
import { isRunning } from "../subscriptions/subscription.js";
import type { Watch } from "./plan-adoption.js";

/** A price in Stripe that people pay and the catalog does not know. */
export interface UnknownPrice {
  readonly price: ListedPrice;
  /** How many subscriptions are at it. */
  readonly subscriptions: number;
}

/** What an operator has to know of the running subscriptions of some customers. */
export interface SubscriptionFindings {
  readonly unknownPrices: readonly UnknownPrice[];
  /** Stripe's IDs of customers with more than one. */
  readonly withSeveral: readonly string[];
}

/** Looks through the subscriptions that run in the account for what the service cannot make sense of. Nothing is changed. */
export async function lookAtSubscriptions(
  deps: Deps,
  stripeCustomerIds: ReadonlySet<string>,
  watch: Watch,
): Promise<SubscriptionFindings> {
  const owners = new Map<string, string>();
  const unknown = new Map<string, { price: ListedPrice; ids: Set<string> }>();
  for await (const page of accountPages((after) =>
    watch.patiently(() => deps.stripe.listRunningSubscriptions(after)),
  )) {
    for (const subscription of page) {
      const { id, customerId, price } = subscription;
      if (!stripeCustomerIds.has(customerId) || !isRunning(subscription)) continue;
      owners.set(id, customerId);
      if (!price || isKnown(deps, subscription)) continue;
      const at = unknown.get(price.id) ?? { price, ids: new Set() };
      at.ids.add(id);
      unknown.set(price.id, at);
    }
    watch.onRead(owners.size);
  }
  const unknownPrices = [...unknown.values()].map(({ price, ids }) => ({ price, subscriptions: ids.size }));
  return { unknownPrices, withSeveral: repeated([...owners.values()]) };
}

function isKnown({ catalog }: Deps, { price, currency }: ListedSubscription): boolean {
  return price !== null && findPriceByStripeId(catalog(), price.id, currency) !== undefined;
}

function repeated(values: readonly string[]): string[] {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const value of values) (seen.has(value) ? again : seen).add(value);
  return [...again];
}
