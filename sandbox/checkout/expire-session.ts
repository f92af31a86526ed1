import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";

/** Closes an open session without payment. */
export function expireSession(world: World, session: Stripe.Checkout.Session): Stripe.Checkout.Session {
  const expired = world.tables["checkout.session"].put({ ...session, status: "expired", url: null });
  recordEvent(world, "checkout.session.expired", expired);
  return expired;
}
