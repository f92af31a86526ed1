import Stripe from "stripe";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";

/** What a price is made of; the rest is as Stripe makes it when nothing is said. */
export interface PriceTerms {
  /** For one unit, in minor units and perhaps fractions of them. */
  amount: number;
  currency: string;
  product: string;
  recurring: Stripe.Price.Recurring | null;
  taxBehavior?: Stripe.Price.TaxBehavior | undefined;
}

/** A price per unit in one currency; nothing is stored. */
export function buildPrice(world: World, terms: PriceTerms): Stripe.Price {
  const { amount, currency, taxBehavior = "unspecified" } = terms;
  return {
    id: newId.price(),
    object: "price",
    active: true,
    billing_scheme: "per_unit",
    created: nowInSeconds(world),
    currency,
    currency_options: { [currency]: currencyOption(amount, taxBehavior) },
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: terms.product,
    recurring: terms.recurring,
    tax_behavior: taxBehavior,
    tiers_mode: null,
    transform_quantity: null,
    type: terms.recurring ? "recurring" : "one_time",
    unit_amount: Number.isInteger(amount) ? amount : null,
    unit_amount_decimal: Stripe.Decimal.from(amount),
  };
}

/** What a price costs in one of its currencies. */
export function currencyOption(amount: number, tax_behavior: Stripe.Price.TaxBehavior): Stripe.Price.CurrencyOptions {
  return {
    custom_unit_amount: null,
    tax_behavior,
    unit_amount: Number.isInteger(amount) ? amount : null,
    unit_amount_decimal: Stripe.Decimal.from(amount),
  };
}
