import type Stripe from "stripe";
import { invalidRequest, missingParameter } from "../api/errors.js";
import { bool, clearable, hash, integer, listOf, oneOf, required, text } from "../api/params.js";
import { productIdOf } from "../billing/price-amounts.js";
import type { World } from "../world.js";
import { getPrice } from "./prices.js";
import { getProduct } from "./products.js";

type Feature = Stripe.BillingPortal.Configuration.Features.SubscriptionUpdate;

export const proration = oneOf("none", "create_prorations", "always_invoice");

const offeredProduct = hash({
  adjustable_quantity: hash({
    enabled: required(bool),
    maximum: integer({ min: 1 }),
    minimum: integer({ min: 0 }),
  }),
  prices: required(listOf(text)),
  product: required(text),
});

/** `features[subscription_update]`: what customers may change their subscription to, and how that is billed. */
export const updateFeatureParam = hash({
  billing_cycle_anchor: oneOf("now", "unchanged"),
  default_allowed_updates: clearable(listOf(oneOf("price", "promotion_code", "quantity"))),
  enabled: bool,
  products: clearable(listOf(offeredProduct)),
  proration_behavior: proration,
  schedule_at_period_end: hash({
    conditions: clearable(listOf(hash({ type: required(oneOf("decreasing_item_amount", "shortening_interval")) }))),
  }),
  trial_update_behavior: oneOf("continue_trial", "end_trial"),
});

type Given = NonNullable<ReturnType<typeof updateFeatureParam>>;

const at = "features[subscription_update]";
const mostProducts = 10;

/** The feature after a change; refuses products and prices that do not belong together. */
export function readUpdateFeature(world: World, before: Feature, given: Given): Feature {
  const allowed = given.default_allowed_updates === null ? [] : given.default_allowed_updates;
  const default_allowed_updates = allowed ?? before.default_allowed_updates;
  const enabled = given.enabled ?? before.enabled;
  const products = productsOf(world, before, given, default_allowed_updates.includes("quantity"));
  if (enabled && default_allowed_updates.length === 0) throw missingParameter(`${at}[default_allowed_updates]`);
  if (enabled && !products?.length) throw missingParameter(`${at}[products]`);
  const conditions = given.schedule_at_period_end?.conditions;
  return {
    billing_cycle_anchor: given.billing_cycle_anchor ?? before.billing_cycle_anchor,
    default_allowed_updates,
    enabled,
    products,
    proration_behavior: given.proration_behavior ?? before.proration_behavior,
    schedule_at_period_end: {
      conditions: conditions === undefined ? before.schedule_at_period_end.conditions : (conditions ?? []),
    },
    trial_update_behavior: given.trial_update_behavior ?? before.trial_update_behavior,
  };
}

/** A product that does not say whether its quantity can be changed follows `default_allowed_updates`. */
function productsOf(
  world: World,
  before: Feature,
  given: Given,
  hasQuantity: boolean,
): NonNullable<Feature["products"]> | null {
  if (given.products === undefined) return before.products ?? null;
  if (given.products === null) return null;
  if (given.products.length > mostProducts) {
    throw invalidRequest(`You can offer at most ${mostProducts} products.`, { param: `${at}[products]` });
  }
  return given.products.map(({ adjustable_quantity, prices, product }, index) => {
    refuseOthersPrices(world, product, prices, `${at}[products][${index}]`);
    return {
      adjustable_quantity: {
        enabled: adjustable_quantity?.enabled ?? hasQuantity,
        maximum: adjustable_quantity?.maximum ?? null,
        minimum: adjustable_quantity?.minimum ?? 1,
      },
      prices,
      product,
    };
  });
}

function refuseOthersPrices(world: World, product: string, prices: string[], param: string): void {
  getProduct(world, product, `${param}[product]`);
  prices.forEach((id, index) => {
    const price = getPrice(world, id, `${param}[prices][${index}]`);
    if (productIdOf(price) === product) return;
    throw invalidRequest(`The price \`${id}\` does not belong to the product \`${product}\`.`, {
      param: `${param}[prices][${index}]`,
    });
  });
}
