import type Stripe from "stripe";
import { cardError, noSuch } from "../api/errors.js";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { buildCard } from "./payment-method.js";
import { findCardByToken } from "./test-cards.js";

/**
 * Saves the card of a token as a customer's source, and makes it the default.
 *
 * Payment methods took the place of sources, and Stripe lists cards saved this way among them, by their `card_…`
 * id: https://docs.stripe.com/payments/payment-methods/transitioning
 */
export function addSource(world: World, customer: Stripe.Customer, token: string): Stripe.Customer {
  const card = findCardByToken(token.replace(/^tok_/, "pm_card_"));
  if (!card || !token.startsWith("tok_")) throw noSuch("token", token, "source");
  if (card.decline && !card.attaches) throw cardError({ ...card.decline, param: "" });
  const method = world.tables.payment_method.put({
    ...buildCard(world, card),
    id: newId.card(),
    customer: customer.id,
  });
  recordEvent(world, "payment_method.attached", method);
  return world.tables.customer.put({ ...customer, default_source: method.id });
}
