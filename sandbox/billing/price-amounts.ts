import Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { formatMoney, wholeUnits } from "../money.js";

/** A price's amount for one unit in a currency it is offered in. */
export function unitAmount(price: Stripe.Price, currency: string): number {
  const amount = currency === price.currency ? price.unit_amount : price.currency_options?.[currency]?.unit_amount;
  return amount ?? 0;
}

/** What so many units cost; a price of half a cent is rounded once, not for each unit. */
export function amountFor(price: Stripe.Price, currency: string, quantity: number | Stripe.Decimal): number {
  const count = typeof quantity === "number" ? Stripe.Decimal.from(quantity) : quantity;
  return wholeUnits(exactUnitAmount(price, currency).mul(count));
}

/** For one unit, with its fractions of a minor unit. */
export function exactUnitAmount(price: Stripe.Price, currency: string): Stripe.Decimal {
  const offer = currency === price.currency ? price : price.currency_options?.[currency];
  return offer?.unit_amount_decimal ?? Stripe.Decimal.from(offer?.unit_amount ?? 0);
}

export function isMetered(price: Stripe.Price): boolean {
  return price.recurring?.usage_type === "metered";
}

export function isOfferedIn(price: Stripe.Price, currency: string): boolean {
  return currency === price.currency || price.currency_options?.[currency] !== undefined;
}

export function refuseUnlessOfferedIn(price: Stripe.Price, currency: string): void {
  if (isOfferedIn(price, currency)) return;
  throw invalidRequest(
    `The price specified only supports \`${price.currency}\`. This doesn't match the expected currency: \`${currency}\`.`,
  );
}

/** "$29.99 / month" */
export function describePrice(price: Stripe.Price, currency: string): string {
  const amount = formatMoney(exactUnitAmount(price, currency).toNumber(), currency);
  if (!price.recurring) return amount;
  const { interval, interval_count } = price.recurring;
  return interval_count === 1 ? `${amount} / ${interval}` : `${amount} every ${interval_count} ${interval}s`;
}

/** A price as it stands inside other objects: without what is only included on request. */
export function inlinePrice(price: Stripe.Price): Stripe.Price {
  const { currency_options, ...rest } = price;
  return rest;
}

export function productIdOf(price: Stripe.Price): string {
  return idOf(price.product);
}

/** The id of a reference, whether or not it was expanded. */
export function idOf(reference: string | { id: string }): string {
  return typeof reference === "string" ? reference : reference.id;
}
