import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import type { World } from "../world.js";
import { idOf } from "./price-amounts.js";

/** A customer pays in one currency as long as something of theirs runs, or waits to be paid, in it. */
export function refuseOtherCurrency(world: World, customer: Stripe.Customer, currency: string): void {
  const subscriptions = world.tables.subscription
    .newestFirst()
    .filter((subscription) => idOf(subscription.customer) === customer.id && subscription.ended_at === null);
  const sessions = world.tables["checkout.session"]
    .newestFirst()
    .filter(
      (session) =>
        session.status === "open" &&
        session.mode === "subscription" &&
        session.customer &&
        idOf(session.customer) === customer.id,
    );
  const other = [...subscriptions, ...sessions].find((bound) => bound.currency !== currency);
  if (!other) return;
  throw invalidRequest(
    "You cannot combine currencies on a single customer. This customer has an active subscription, subscription " +
      `schedule, discount, quote, invoice item or active subscription mode checkout session with currency ${other.currency}.`,
  );
}
