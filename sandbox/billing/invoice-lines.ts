import Stripe from "stripe";
import { newId } from "../ids.js";
import type { World } from "../world.js";
import type { Order, OrderTotals } from "./order.js";
import { describePrice, exactUnitAmount, isMetered, productIdOf } from "./price-amounts.js";

/** One line for each subscription item. */
export function buildInvoiceLines(
  world: World,
  invoice: string,
  subscription: Stripe.Subscription,
  order: Order,
  totals: OrderTotals,
): Stripe.InvoiceLineItem[] {
  const discount = subscription.discounts.at(-1);
  return subscription.items.data.flatMap((item, index) => {
    // What is metered has a line once it was used.
    if (isMetered(item.price)) return [];
    const quantity = item.quantity ?? 1;
    const subtotal = totals.subtotals[index] ?? 0;
    const price = order.items[index]?.price ?? item.price;
    const isTrial = order.trialEnd !== null;
    return {
      id: newId.invoiceLine(),
      object: "line_item",
      amount: subtotal,
      currency: order.currency,
      description: isTrial
        ? `Trial period for ${nameOf(world, price)}`
        : `${quantity} × ${nameOf(world, price)} (at ${describePrice(price, order.currency)})`,
      discount_amounts: discount === undefined ? [] : [{ amount: totals.discounts[index] ?? 0, discount }],
      discountable: true,
      discounts: [],
      invoice,
      livemode: false,
      metadata: subscription.metadata,
      parent: {
        invoice_item_details: null,
        subscription_item_details: {
          invoice_item: null,
          proration: false,
          proration_details: { credited_items: null },
          subscription: subscription.id,
          subscription_item: item.id,
        },
        type: "subscription_item_details",
      },
      period: { end: item.current_period_end, start: item.current_period_start },
      pretax_credit_amounts: [],
      pricing: {
        price_details: { price: price.id, product: productIdOf(price) },
        type: "price_details",
        unit_amount_decimal: isTrial ? Stripe.Decimal.zero : exactUnitAmount(price, order.currency),
      },
      quantity,
      quantity_decimal: Stripe.Decimal.from(quantity),
      subscription: subscription.id,
      subtotal,
      taxes: [],
    };
  });
}

function nameOf(world: World, price: Stripe.Price): string {
  return world.tables.product.find(productIdOf(price))?.name ?? "Subscription";
}
