import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import type { World } from "../world.js";
import { idOf } from "./price-amounts.js";

/** A customer pays in one currency as long as something of theirs runs in it. */
export function refuseOtherCurrency(world: World, customer: Stripe.Customer, currency: string): void {
  const running = world.tables.subscription
    .newestFirst()
    .find((subscription) => idOf(subscription.customer) === customer.id && subscription.ended_at === null);
  if (!running || running.currency === currency) return;
  throw invalidRequest(
    "You cannot combine currencies on a single customer. This customer has an active subscription, subscription " +
      `schedule, discount, quote, or invoice item with currency ${running.currency}`,
  );
}
