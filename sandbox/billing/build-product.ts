import type Stripe from "stripe";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";

/** A product of which nothing but its name is said; nothing is stored. */
export function buildProduct(world: World, name: string): Stripe.Product {
  const now = nowInSeconds(world);
  return {
    id: newId.product(),
    object: "product",
    active: true,
    created: now,
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: {},
    name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: "service",
    unit_label: null,
    updated: now,
    url: null,
  };
}
