import type Stripe from "stripe";
import { newId } from "../ids.js";
import type { World } from "../world.js";
import { buildCard } from "./payment-method.js";
import { idOf } from "./price-amounts.js";
import type { TestCard } from "./test-cards.js";

/** A card given as a `tok_…`: kept as a payment method, as which Stripe shows it too, under a `card_…` id. */
export function keepLegacyCard(world: World, card: TestCard, customer: string | null): Stripe.PaymentMethod {
  return world.tables.payment_method.put({ ...buildCard(world, card), id: newId.card(), customer });
}

/** The same card as older parts of the API show it. */
export function asLegacyCard(method: Stripe.PaymentMethod): Stripe.Card {
  const { card, billing_details: holder } = method;
  return {
    id: method.id,
    object: "card",
    address_city: holder.address?.city ?? null,
    address_country: holder.address?.country ?? null,
    address_line1: holder.address?.line1 ?? null,
    address_line1_check: null,
    address_line2: holder.address?.line2 ?? null,
    address_state: holder.address?.state ?? null,
    address_zip: holder.address?.postal_code ?? null,
    address_zip_check: null,
    brand: brandNames[card?.brand ?? ""] ?? "Unknown",
    country: card?.country ?? null,
    customer: method.customer === null ? null : idOf(method.customer),
    cvc_check: null,
    dynamic_last4: null,
    exp_month: card?.exp_month ?? 12,
    exp_year: card?.exp_year ?? 2030,
    fingerprint: card?.fingerprint ?? null,
    funding: card?.funding ?? "unknown",
    last4: card?.last4 ?? "",
    metadata: method.metadata,
    name: holder.name,
    regulated_status: "unregulated",
    tokenization_method: null,
  };
}

const brandNames: Readonly<Record<string, string>> = {
  amex: "American Express",
  diners: "Diners Club",
  discover: "Discover",
  jcb: "JCB",
  mastercard: "MasterCard",
  unionpay: "UnionPay",
  visa: "Visa",
};
