import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { buildInvoiceItem } from "./invoice-item.js";
import { nameOf } from "./line-drafts.js";
import type { OrderItem } from "./order.js";
import { amountFor, exactUnitAmount, idOf } from "./price-amounts.js";

/** What is billed once with a subscription, as the invoice item it is; nothing is stored. */
export function buildExtra(
  world: World,
  { id, currency, customer }: Stripe.Subscription,
  { price, quantity, metadata }: OrderItem,
): Stripe.InvoiceItem {
  const now = nowInSeconds(world);
  return buildInvoiceItem(world, {
    customer: idOf(customer),
    amount: amountFor(price, currency, quantity),
    currency,
    description: nameOf(world, price),
    isDiscountable: true,
    period: { start: now, end: now },
    price,
    unitAmount: exactUnitAmount(price, currency).toNumber(),
    quantity,
    metadata: metadata ?? {},
    parent: { subscription: id },
    proration: null,
  });
}

/**
 * Adds to what a running subscription is billed next; in flexible billing it waits for the next invoice, whatever else is
 * invoiced now: https://docs.stripe.com/billing/subscriptions/billing-mode/compare
 */
export function addExtras(world: World, subscription: Stripe.Subscription, extras: OrderItem[]): void {
  for (const extra of extras) {
    const item = world.tables.invoiceitem.put(buildExtra(world, subscription, extra));
    recordEvent(world, "invoiceitem.created", item);
  }
}
