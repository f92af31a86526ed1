import type Stripe from "stripe";
import { formatDate } from "../calendar.js";
import type { World } from "../world.js";
import { intervalOf, intervalStart, shareOf } from "./periods.js";
import { amountFor, describePrice, exactUnitAmount, isMetered, productIdOf } from "./price-amounts.js";
import { memoryOf, type ShortPeriod } from "./subscription-memory.js";

/** A line of an invoice to be, before the invoice's discounts. */
export interface LineDraft {
  amount: number;
  description: string;
  isDiscountable: boolean;
  period: { start: number; end: number };
  price: Stripe.Price | null;
  quantity: number;
  /** null for prorations, whose amount is no multiple of a price. */
  unitAmount: number | null;
  subscription: string | null;
  subscriptionItem: string | null;
  invoiceItem: string | null;
  isProration: boolean;
  /** The line whose charge this gives back. */
  credited: { invoice: string; id: string } | null;
  metadata: Record<string, string>;
}

/**
 * One line for each item and its period; a trial is free, and what is metered is billed afterwards.
 *
 * A first period that an anchor cuts short costs its part of a whole one, or nothing, and then there is no line.
 */
export function recurringLines(
  world: World,
  subscription: Stripe.Subscription,
  {
    isTrial,
    shortPeriod = memoryOf(world, subscription.id).shortPeriod,
  }: { isTrial: boolean; shortPeriod?: ShortPeriod | null },
): LineDraft[] {
  const { currency } = subscription;
  const licensed = subscription.items.data.filter(({ price }) => !isMetered(price));
  if (!isTrial && shortPeriod && licensed.some((item) => item.current_period_end === shortPeriod.end)) {
    return shortPeriod.isFree ? [] : licensed.map((item) => shortPeriodLine(world, subscription, item));
  }
  return licensed.map((item) => {
    const price = fullPrice(world, item.price);
    const quantity = item.quantity ?? 1;
    const what = `${quantity} ${unitsOf(world, price)}× ${nameOf(world, price)}`;
    return {
      amount: isTrial ? 0 : itemAmount(world, item, currency),
      description: isTrial ? `Free trial for ${what}` : `${what} (at ${describePrice(price, currency)})`,
      isDiscountable: true,
      period: { start: item.current_period_start, end: item.current_period_end },
      price,
      quantity,
      unitAmount: isTrial ? 0 : exactUnitAmount(price, currency).toNumber(),
      subscription: subscription.id,
      subscriptionItem: item.id,
      invoiceItem: null,
      isProration: false,
      credited: null,
      metadata: subscription.metadata,
    };
  });
}

/** An item's part of its price until its anchor. */
function shortPeriodLine(world: World, subscription: Stripe.Subscription, item: Stripe.SubscriptionItem): LineDraft {
  const { billing_cycle_anchor, currency } = subscription;
  const { current_period_start: start, current_period_end: end } = item;
  const price = fullPrice(world, item.price);
  const quantity = item.quantity ?? 1;
  const whole = end - intervalStart(billing_cycle_anchor, intervalOf(price), end);
  const counted = quantity === 1 ? nameOf(world, price) : `${quantity} × ${nameOf(world, price)}`;
  return {
    amount: shareOf(itemAmount(world, item, currency), end - start, whole),
    description: `Remaining time on ${counted} after ${formatDate(start)}`,
    isDiscountable: true,
    period: { start, end },
    price,
    quantity,
    unitAmount: null,
    subscription: subscription.id,
    subscriptionItem: item.id,
    invoiceItem: null,
    isProration: true,
    credited: null,
    metadata: subscription.metadata,
  };
}

/** What an item costs for each whole period, whatever is used. */
export function itemAmount(world: World, item: Stripe.SubscriptionItem, currency: string): number {
  const price = fullPrice(world, item.price);
  return isMetered(price) ? 0 : amountFor(price, currency, item.quantity ?? 1);
}

/** The line an invoice item becomes. */
export function lineOfInvoiceItem(world: World, item: Stripe.InvoiceItem): LineDraft {
  const price = item.pricing?.price_details?.price ?? null;
  const details = item.parent?.subscription_details ?? null;
  const credited = item.proration_details?.credited_items?.invoice_line_item_details;
  const [line] = credited?.invoice_line_items ?? [];
  return {
    amount: item.amount,
    description: item.description ?? "",
    isDiscountable: item.discountable,
    period: item.period,
    price: price === null ? null : (world.tables.price.find(idIn(price)) ?? null),
    quantity: item.quantity,
    unitAmount: item.proration ? null : item.amount / item.quantity,
    subscription: details?.subscription ?? null,
    subscriptionItem: details?.subscription_item ?? null,
    invoiceItem: item.id,
    isProration: item.proration,
    credited: credited && line !== undefined ? { invoice: credited.invoice, id: line } : null,
    metadata: item.metadata ?? {},
  };
}

/** Inside an item a price is without its other currencies. */
export function fullPrice(world: World, price: Stripe.Price): Stripe.Price {
  return world.tables.price.find(price.id) ?? price;
}

export function nameOf(world: World, price: Stripe.Price): string {
  return world.tables.product.find(productIdOf(price))?.name ?? "Subscription";
}

/** "user ", if that is what the product counts. */
function unitsOf(world: World, price: Stripe.Price): string {
  const label = world.tables.product.find(productIdOf(price))?.unit_label;
  return label ? `${label} ` : "";
}

function idIn(reference: string | Stripe.Price): string {
  return typeof reference === "string" ? reference : reference.id;
}
