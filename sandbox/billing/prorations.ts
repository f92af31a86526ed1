import type Stripe from "stripe";
import { formatDate } from "../calendar.js";
import type { World } from "../world.js";
import { discountsOf } from "./applied-discounts.js";
import { discountShares, totalShares } from "./discount-shares.js";
import { buildInvoiceItem } from "./invoice-item.js";
import { itemAmount, nameOf } from "./line-drafts.js";
import { intervalOf, intervalStart, shareOf } from "./periods.js";
import { idOf, productIdOf } from "./price-amounts.js";
import { type Debit, memoryOf } from "./subscription-memory.js";

/**
 * What is given back for an item's time that is not used: one credit for each charge that covers it.
 *
 * In flexible billing it comes from the amounts originally debited, whatever the price is now:
 * https://docs.stripe.com/billing/subscriptions/billing-mode/compare
 */
export function creditItems(
  world: World,
  subscription: Stripe.Subscription,
  item: Stripe.SubscriptionItem,
  at: number,
): Stripe.InvoiceItem[] {
  return runningDebits(world, subscription, item, at).flatMap((debit) => {
    const amount = -shareOf(debit.amount, debit.end - at, debit.end - debit.start);
    if (amount === 0) return [];
    const price = world.tables.price.find(debit.price) ?? item.price;
    const credit = buildInvoiceItem(world, {
      customer: idOf(subscription.customer),
      amount,
      currency: subscription.currency,
      description: `Unused time on ${counted(world, price, debit.quantity)} after ${formatDate(at)}`,
      isDiscountable: false,
      period: { start: at, end: debit.end },
      price,
      unitAmount: null,
      quantity: debit.quantity,
      metadata: {},
      parent: { subscription: subscription.id, subscription_item: item.id },
      proration: { credited: creditedBy(debit) },
    });
    return [credit];
  });
}

/** What an item costs for the rest of its period, discounts taken off; null if nothing. */
export function debitItem(
  world: World,
  subscription: Stripe.Subscription,
  item: Stripe.SubscriptionItem,
  at: number,
): Stripe.InvoiceItem | null {
  const { current_period_start: start, current_period_end: end } = item;
  // In a period cut short the price is still that of a whole one.
  const whole =
    memoryOf(world, subscription.id).shortPeriod?.end === end
      ? intervalStart(subscription.billing_cycle_anchor, intervalOf(item.price), end)
      : start;
  const amount = shareOf(netPrices(world, subscription, at).get(item.id) ?? 0, end - at, end - whole);
  if (amount === 0) return null;
  const quantity = item.quantity ?? 1;
  return buildInvoiceItem(world, {
    customer: idOf(subscription.customer),
    amount,
    currency: subscription.currency,
    description: `Remaining time on ${counted(world, item.price, quantity)} after ${formatDate(at)}`,
    isDiscountable: false,
    period: { start: at, end },
    price: item.price,
    unitAmount: null,
    quantity,
    metadata: {},
    parent: { subscription: subscription.id, subscription_item: item.id },
    proration: { credited: null },
  });
}

/** What covers an item's time now; of a subscription put here from elsewhere, its price in full. */
function runningDebits(
  world: World,
  subscription: Stripe.Subscription,
  item: Stripe.SubscriptionItem,
  at: number,
): Debit[] {
  const known = memoryOf(world, subscription.id).debits[item.id];
  const debits = known ?? [
    {
      amount: subscription.status === "trialing" ? 0 : (netPrices(world, subscription, at).get(item.id) ?? 0),
      start: item.current_period_start,
      end: item.current_period_end,
      quantity: item.quantity ?? 1,
      price: item.price.id,
      line: null,
      invoiceItem: null,
    },
  ];
  return debits.filter(({ end, start }) => end > at && start <= at);
}

/** Each item's price for a whole period less its share of the discounts that still hold, by item. */
function netPrices(world: World, subscription: Stripe.Subscription, at: number): Map<string, number> {
  const { currency, items } = subscription;
  // A coupon for one time is for an invoice, not for the time that is left of a period.
  const coupons = discountsOf(world, subscription, at).flatMap(({ coupon }) =>
    coupon.duration === "once" ? [] : [coupon],
  );
  const lines = items.data.map((item) => ({
    amount: itemAmount(world, item, currency),
    isDiscountable: true,
    product: productIdOf(item.price),
  }));
  const off = totalShares(discountShares(coupons, lines, currency), lines);
  return new Map(items.data.map((item, index) => [item.id, (lines[index]?.amount ?? 0) - (off[index] ?? 0)]));
}

function creditedBy({ line, invoiceItem }: Debit): Stripe.InvoiceItem.ProrationDetails.CreditedItems | null {
  if (line) {
    const invoice_line_item_details = { invoice: line.invoice, invoice_line_items: [line.id] };
    return { invoice_line_item_details, type: "invoice_line_items" };
  }
  return invoiceItem === null ? null : { invoice_item: invoiceItem, type: "invoice_item" };
}

function counted(world: World, price: Stripe.Price, quantity: number): string {
  return quantity === 1 ? nameOf(world, price) : `${quantity} × ${nameOf(world, price)}`;
}
