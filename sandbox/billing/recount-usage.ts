import Stripe from "stripe";
import type { World } from "../world.js";
import { appliesTo, discountedAmount } from "./discounts.js";
import { changeLines } from "./draft-lines.js";
import { subscriptionOf } from "./end-subscription.js";
import { meteredCharge } from "./metered-charge.js";
import { spread, sum } from "./order.js";
import { idOf, isMetered, productIdOf } from "./price-amounts.js";

/** Events of the period that came in while its invoice was a draft are billed with it. */
export function recountUsage(world: World, draft: Stripe.Invoice): Stripe.Invoice {
  const counted = draft.lines.data.map((line) => recounted(world, draft, line));
  if (counted.every((line, index) => line === draft.lines.data[index])) return draft;
  const { lines, off } = discounted(world, draft, counted);
  return changeLines(world, draft, lines, off);
}

function recounted(world: World, draft: Stripe.Invoice, line: Stripe.InvoiceLineItem): Stripe.InvoiceLineItem {
  const price = priceOf(world, line);
  const id = subscriptionOf(draft);
  const subscription = id === null ? undefined : world.tables.subscription.find(id);
  if (!price || !subscription || !isMetered(price)) return line;
  const { amount, quantity } = meteredCharge(world, subscription, { price }, line.period);
  const before = line.quantity_decimal ?? Stripe.Decimal.zero;
  if (quantity.eq(before)) return line;
  return {
    ...line,
    amount,
    description: line.description?.replace(`${before} ×`, `${quantity} ×`) ?? null,
    quantity: Number.isInteger(quantity.toNumber()) ? quantity.toNumber() : null,
    quantity_decimal: quantity,
    subtotal: amount,
  };
}

/** The discount falls on the lines as they are now. */
function discounted(world: World, draft: Stripe.Invoice, lines: Stripe.InvoiceLineItem[]) {
  const reference = draft.discounts.at(-1);
  const discount = reference === undefined ? undefined : world.tables.discount.find(String(idOf(reference)));
  const coupon = discount?.source.coupon && world.tables.coupon.find(idOf(discount.source.coupon));
  if (!discount || !coupon) return { lines, off: draft.total_discount_amounts };
  const weights = lines.map((line) => {
    const price = priceOf(world, line);
    return line.discountable && line.amount > 0 && appliesTo(coupon, price ? productIdOf(price) : "") ? line.amount : 0;
  });
  const shares = spread(discountedAmount(coupon, sum(weights), draft.currency), weights);
  return {
    lines: lines.map((line, index) =>
      line.discountable ? { ...line, discount_amounts: [{ amount: shares[index] ?? 0, discount: discount.id }] } : line,
    ),
    off: [{ amount: sum(shares), discount: discount.id }],
  };
}

function priceOf({ tables }: World, { pricing }: Stripe.InvoiceLineItem): Stripe.Price | undefined {
  const reference = pricing?.price_details?.price;
  return reference === undefined ? undefined : tables.price.find(idOf(reference));
}
