import Stripe from "stripe";
import type { World } from "../world.js";
import { type Span, usageOf } from "./meter-usage.js";
import { amountFor, idOf } from "./price-amounts.js";

/** What a metered item comes to. */
export interface MeteredCharge {
  quantity: Stripe.Decimal;
  /** Minor units, before discounts. */
  amount: number;
}

/**
 * What a metered item of a subscription comes to for a period that is over, by all events known now.
 *
 * Usage in a trial is free, so a period is counted from the trial's end on; less than nothing used counts as nothing.
 */
export function meteredCharge(
  world: World,
  subscription: Pick<Stripe.Subscription, "customer" | "currency" | "trial_end">,
  item: Pick<Stripe.SubscriptionItem, "price">,
  period: Span,
): MeteredCharge {
  const meter = world.tables["billing.meter"].find(item.price.recurring?.meter ?? "");
  const span = { start: Math.max(period.start, subscription.trial_end ?? 0), end: period.end };
  if (!meter || span.start >= span.end) return { quantity: Stripe.Decimal.zero, amount: 0 };
  const used = usageOf(world, meter, idOf(subscription.customer), span).round("half-up", "ubb-usage-count");
  const quantity = used.isNegative() ? Stripe.Decimal.zero : used;
  // Inside an item a price is without its other currencies.
  const price = world.tables.price.find(item.price.id) ?? item.price;
  return { quantity, amount: amountFor(price, subscription.currency, quantity) };
}
