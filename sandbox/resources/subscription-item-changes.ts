import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import { bool, hash, integer, metadata, notHere, type Read, text } from "../api/params.js";
import { intervalOf, isSameInterval } from "../billing/periods.js";
import { isMetered, refuseUnlessOfferedIn } from "../billing/price-amounts.js";
import { buildItem, currentPeriodEnd, withPrice } from "../billing/subscription.js";
import type { World } from "../world.js";
import { priceGiven, recurringPriceData } from "./price-data.js";

/** `items[n]` of an update and of its preview. */
export const itemChange = {
  billing_thresholds: notHere,
  clear_usage: notHere,
  current_trial: notHere,
  deleted: bool,
  discounts: notHere,
  id: text,
  metadata,
  plan: text,
  price: text,
  price_data: recurringPriceData,
  quantity: integer({ min: 0 }),
  tax_rates: notHere,
};

export const itemChangeParam = hash(itemChange);

export type ItemChange = NonNullable<ReturnType<typeof itemChangeParam>>;

/** All items as a change leaves them: those not named stay, those without an id are new. */
export function changedItems(
  world: World,
  subscription: Stripe.Subscription,
  changes: ItemChange[],
): Stripe.SubscriptionItem[] {
  const { currency } = subscription;
  const kept = subscription.items.data.flatMap((item) => {
    const index = changes.findIndex(({ id }) => id === item.id);
    const change = changes[index];
    if (!change) return [item];
    if (change.deleted) return [];
    const price = priceOf(world, change, index, currency);
    const { quantity, ...changed } = price ? withPrice(item, price, currency) : item;
    refuseMeteredQuantity(changed.price, change, index);
    return [
      {
        ...changed,
        metadata: mergeMetadata(item.metadata, change.metadata),
        ...(isMetered(changed.price) ? {} : { quantity: change.quantity ?? quantity ?? 1 }),
      },
    ];
  });
  const added = changes.flatMap((change, index) => {
    if (change.id !== undefined) {
      refuseUnknown(subscription, change, index);
      return [];
    }
    const price = priceOf(world, change, index, currency);
    if (!price) throw invalidRequest("You must pass a price for a new item.", { param: `items[${index}][price]` });
    refuseMeteredQuantity(price, change, index);
    const item = { price, quantity: change.quantity ?? 1, metadata: mergeMetadata({}, change.metadata) };
    const start = Math.min(...subscription.items.data.map((other) => other.current_period_start));
    return [buildItem(item, { subscription: subscription.id, currency, start, end: currentPeriodEnd(subscription) })];
  });
  const items = [...kept, ...added];
  refuseImpossible(items.map(({ price }) => price));
  return items;
}

function priceOf(world: World, change: Read<typeof itemChange>, index: number, currency: string) {
  const { price = change.plan, price_data } = change;
  if (price === undefined && price_data === undefined) return null;
  const param = `items[${index}][price]`;
  const found = priceGiven(world, { price, price_data }, `items[${index}]`);
  if (!found.recurring) {
    throw invalidRequest(
      "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
      { param },
    );
  }
  refuseUnlessOfferedIn(found, currency);
  return found;
}

function refuseMeteredQuantity(price: Stripe.Price, { quantity }: ItemChange, index: number): void {
  if (quantity === undefined || !isMetered(price)) return;
  throw invalidRequest("You cannot set the quantity for metered prices.", { param: `items[${index}][quantity]` });
}

function refuseUnknown({ items }: Stripe.Subscription, { id }: ItemChange, index: number): void {
  if (id === undefined || items.data.some((item) => item.id === id)) return;
  throw noSuch("subscription_item", id, `items[${index}][id]`);
}

/** Refuses what no subscription can be for: nothing, the same price twice, or intervals that differ. */
export function refuseImpossible(prices: Stripe.Price[]): void {
  const [first] = prices;
  if (!first) throw invalidRequest("A subscription must have at least one active plan.", { param: "items" });
  const ids = prices.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw invalidRequest(`Cannot add multiple subscription items with the same plan: ${twice}`, { param: "items" });
  }
  if (prices.every((price) => isSameInterval(intervalOf(price), intervalOf(first)))) return;
  throw invalidRequest(
    "The sandbox does not support items with different billing intervals on one subscription. Stripe does; see " +
      "sandbox/README.md.",
    { param: "items" },
  );
}
