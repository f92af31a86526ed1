import type Stripe from "stripe";
import { cardError, invalidRequest, noSuch } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { readCurrency, refuseUnchargeable } from "../billing/chargeable.js";
import { keepLegacyCard } from "../billing/legacy-card.js";
import { chargeDirectly } from "../billing/legacy-charge.js";
import { idOf } from "../billing/price-amounts.js";
import type { World } from "../world.js";
import type { createParams } from "./charges.js";
import { getCustomer } from "./customers.js";
import { cardOfToken } from "./payment-method-data.js";
import { readShipping } from "./shipping.js";

/** The older way to charge: a token, or the customer's default source. */
export function createCharge(world: World, params: Read<typeof createParams>): Stripe.Charge {
  const currency = readCurrency(params.currency);
  refuseUnchargeable(params.amount, currency);
  const customer = params.customer === undefined ? null : getCustomer(world, params.customer, "customer");
  return chargeDirectly(world, sourceOf(world, params.source, customer), {
    amount: params.amount,
    currency,
    customer: customer?.id ?? null,
    isHeld: params.capture === false,
    more: {
      description: params.description ?? null,
      metadata: mergeMetadata({}, params.metadata),
      receipt_email: params.receipt_email ?? null,
      shipping: params.shipping === undefined ? null : readShipping(params.shipping),
    },
  });
}

function sourceOf(world: World, given: string | undefined, customer: Stripe.Customer | null): Stripe.PaymentMethod {
  if (given === undefined && customer === null) {
    throw invalidRequest("Must provide source or customer.", { code: "parameter_missing" });
  }
  const card = given === undefined ? undefined : cardOfToken(given);
  if (card) return keepLegacyCard(world, card, null);
  const id = given ?? (customer?.default_source ? idOf(customer.default_source) : undefined);
  if (id === undefined) {
    const message = "Cannot charge a customer that has no active card";
    throw cardError({ code: "missing", message, param: "card" });
  }
  const kept = world.tables.payment_method.find(id);
  const isTheirs = kept?.customer && customer && idOf(kept.customer) === customer.id;
  if (kept && isTheirs) return kept;
  throw noSuch(id.startsWith("tok_") ? "token" : "source", id, "source");
}
