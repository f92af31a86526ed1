import { createHash } from "node:crypto";
import type Stripe from "stripe";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";
import { type TestCard, testCards } from "./test-cards.js";

/** The holder's data as typed into a form, if any. */
export interface CardHolder {
  name: string | null;
  email: string | null;
  exp_month?: number;
  exp_year?: number;
}

/** A card of the test list as a payment method; only its last four digits are kept. */
export function buildCard(
  world: World,
  card: TestCard,
  holder: CardHolder = { name: null, email: null },
): Stripe.PaymentMethod {
  return {
    id: newId.paymentMethod(),
    object: "payment_method",
    allow_redisplay: "unspecified",
    billing_details: { address: emptyAddress, email: holder.email, name: holder.name, phone: null, tax_id: null },
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
      country: card.country,
      display_brand: card.brand === "amex" ? "american_express" : card.brand,
      exp_month: holder.exp_month ?? world.clock.now().getUTCMonth() + 1,
      exp_year: holder.exp_year ?? world.clock.now().getUTCFullYear() + 1,
      fingerprint: fingerprintOf(card),
      funding: card.funding,
      generated_from: null,
      last4: card.number.slice(-4),
      networks: { available: [card.brand], preferred: null },
      regulated_status: "unregulated",
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: nowInSeconds(world),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: "card",
  };
}

export const emptyAddress: Stripe.Address = {
  city: null,
  country: null,
  line1: null,
  line2: null,
  postal_code: null,
  state: null,
};

/** How this payment method's card behaves; a seeded one that is not from the test list is an ordinary card. */
export function cardBehind(method: Stripe.PaymentMethod): TestCard | undefined {
  return testCards.find((card) => fingerprintOf(card) === method.card?.fingerprint);
}

function fingerprintOf(card: TestCard): string {
  return createHash("sha256").update(card.token).digest("hex").slice(0, 16);
}
