import Stripe from "stripe";
import type { World } from "../world.js";
import { changeLines } from "./draft-lines.js";
import { subscriptionOf } from "./end-subscription.js";
import { meteredCharge } from "./metered-charge.js";
import { idOf, isMetered } from "./price-amounts.js";

/** Events of the period that came in while its invoice was a draft are billed with it. */
export function recountUsage(world: World, draft: Stripe.Invoice): Stripe.Invoice {
  const counted = draft.lines.data.map((line) => recounted(world, draft, line));
  if (counted.every((line, index) => line === draft.lines.data[index])) return draft;
  return changeLines(world, draft, counted);
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

function priceOf({ tables }: World, { pricing }: Stripe.InvoiceLineItem): Stripe.Price | undefined {
  const reference = pricing?.price_details?.price;
  return reference === undefined ? undefined : tables.price.find(idOf(reference));
}
