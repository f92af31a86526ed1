import type Stripe from "stripe";
import type { World } from "../world.js";
import { buildPrice } from "./build-price.js";
import { buildProduct } from "./build-product.js";
import { productIdOf } from "./price-amounts.js";

/**
 * The price that an amount of money named on an invoice item stands for: not for sale, and of a product not for sale
 * either that is called as the item is. Stripe was seen to take the same again for the same; it tells of neither.
 */
export function adHocPrice(
  world: World,
  { amount, currency, name }: { amount: number; currency: string; name: string },
): Stripe.Price {
  const known = world.tables.price
    .newestFirst()
    .find(
      (price) =>
        !price.active &&
        price.type === "one_time" &&
        price.unit_amount === amount &&
        price.currency === currency &&
        isAdHoc(world, price, name),
    );
  if (known) return known;
  const product = world.tables.product.put({ ...buildProduct(world, name), active: false });
  const built = buildPrice(world, { amount, currency, product: product.id, recurring: null });
  return world.tables.price.put({ ...built, active: false });
}

function isAdHoc(world: World, price: Stripe.Price, name: string): boolean {
  const product = world.tables.product.find(productIdOf(price));
  return product?.active === false && product.name === name;
}
