import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";

/** A card the bank has agreed to becomes the customer's. */
export function saveCard(world: World, method: Stripe.PaymentMethod, customer: string): Stripe.PaymentMethod {
  const attached = world.tables.payment_method.put({ ...method, customer });
  recordEvent(world, "payment_method.attached", attached);
  return attached;
}
