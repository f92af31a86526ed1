import type Stripe from "stripe";
import { invalidRequest, missingParameter } from "../api/errors.js";
import { decimal, hash, integer, notHere, oneOf, type Read, required, text } from "../api/params.js";
import { buildPrice } from "../billing/build-price.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { getPriceForSale } from "./prices.js";
import { createProduct, getProduct } from "./products.js";

const taxBehavior = oneOf("exclusive", "inclusive", "unspecified");

const amounts = {
  currency: required(text),
  tax_behavior: taxBehavior,
  unit_amount: integer({ min: 0 }),
  unit_amount_decimal: decimal,
};

const recurring = hash({
  interval: required(oneOf("day", "week", "month", "year")),
  interval_count: integer({ min: 1 }),
});

/** `price_data` of a subscription's item: a price of a product that exists, made on the spot. */
export const recurringPriceData = hash({ ...amounts, product: required(text), recurring: required(recurring) });

/** `price_data` of an invoice item. */
export const oneTimePriceData = hash({ ...amounts, product: required(text) });

/** `price_data` of a Checkout line, which may name a new product. */
export const checkoutPriceData = hash({
  ...amounts,
  product: text,
  product_data: hash({
    description: text,
    images: notHere,
    metadata: notHere,
    name: required(text),
    tax_code: notHere,
    tax_details: notHere,
    unit_label: text,
  }),
  recurring,
});

interface PriceData extends Read<typeof amounts> {
  product?: string | undefined;
  product_data?: { name: string; description?: string | undefined; unit_label?: string | undefined } | undefined;
  recurring?: ReturnType<typeof recurring>;
}

/** The price an item has: one that is for sale, or one made for it. `at` names the item in errors: `items[0]`. */
export function priceGiven(
  world: World,
  { price, price_data }: { price?: string | undefined; price_data?: PriceData | undefined },
  at: string,
): Stripe.Price {
  if (price !== undefined && price_data !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: price, price_data.", { param: `${at}[price]` });
  }
  if (price_data) return priceFromData(world, price_data, `${at}[price_data]`);
  if (price === undefined) throw missingParameter(`${at}[price]`);
  return getPriceForSale(world, price, `${at}[price]`);
}

/**
 * Makes the price that was described instead of named; `at` is the description's own name in errors. It is not for sale to others, so it is not active:
 * https://docs.stripe.com/products-prices/pricing-models#inline-pricing
 */
export function priceFromData(world: World, data: PriceData, at: string): Stripe.Price {
  const amount = data.unit_amount ?? data.unit_amount_decimal;
  if (amount === undefined) {
    throw invalidRequest("You must specify either `unit_amount` or `unit_amount_decimal`.", {
      code: "parameter_missing",
      param: `${at}[unit_amount]`,
    });
  }
  const built = buildPrice(world, {
    amount,
    currency: data.currency.toLowerCase(),
    product: productOf(world, data, at),
    recurring: data.recurring
      ? {
          interval: data.recurring.interval,
          interval_count: data.recurring.interval_count ?? 1,
          meter: null,
          trial_period_days: null,
          usage_type: "licensed",
        }
      : null,
    taxBehavior: data.tax_behavior,
  });
  const price = world.tables.price.put({ ...built, active: false });
  recordEvent(world, "price.created", price);
  return price;
}

function productOf(world: World, { product, product_data }: PriceData, at: string): string {
  if ((product === undefined) === (product_data === undefined)) {
    throw invalidRequest("You must specify exactly one of `product` and `product_data`.", { param: `${at}[product]` });
  }
  if (product !== undefined) return getProduct(world, product, `${at}[product]`).id;
  return createProduct(world, { name: "", ...product_data, active: false }).id;
}
