import type Stripe from "stripe";
import type { World } from "../world.js";
import { fullPrice, type LineDraft, nameOf } from "./line-drafts.js";
import { meteredCharge } from "./metered-charge.js";
import { describePrice, exactUnitAmount, isMetered } from "./price-amounts.js";
import { memoryOf, type SubscriptionMemory } from "./subscription-memory.js";

/**
 * What was used in the period, by all events known now: a line for each metered item; a trial has none.
 *
 * `until` cuts the period short; an item that counts only from some instant in it is used from then.
 */
export function meteredLines(
  world: World,
  subscription: Stripe.Subscription,
  until = Number.POSITIVE_INFINITY,
  { countedFrom }: Pick<SubscriptionMemory, "countedFrom"> = memoryOf(world, subscription.id),
): LineDraft[] {
  if (subscription.status === "trialing") return [];
  const { currency } = subscription;
  const metered = subscription.items.data.filter(({ price }) => isMetered(price));
  return metered.map((item) => {
    const price = fullPrice(world, item.price);
    const start = Math.max(item.current_period_start, countedFrom[item.id] ?? 0);
    const period = { start, end: Math.min(until, item.current_period_end) };
    const { amount, quantity } = meteredCharge(world, subscription, item, period);
    return {
      amount,
      description: `${quantity} × ${nameOf(world, price)} (at ${describePrice(price, currency)})`,
      isDiscountable: true,
      period,
      price,
      quantity: quantity.toNumber(),
      unitAmount: exactUnitAmount(price, currency).toNumber(),
      subscription: subscription.id,
      subscriptionItem: item.id,
      invoiceItem: null,
      isProration: false,
      credited: null,
      metadata: subscription.metadata,
    };
  });
}

/** The same where a period does not simply follow: what was not used is not mentioned. */
export function usedLines(world: World, subscription: Stripe.Subscription, until?: number): LineDraft[] {
  return meteredLines(world, subscription, until).filter(({ quantity }) => quantity > 0);
}
