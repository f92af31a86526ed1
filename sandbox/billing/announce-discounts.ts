import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { idOf } from "./price-amounts.js";

type References = (string | Stripe.Discount)[];

/** Tells of a subscription's discounts that came, went, or took another's place. */
export function announceDiscounts(world: World, before: References, after: References): void {
  const [were, are] = [recordsOf(world, before), recordsOf(world, after)];
  const gone = were.filter(({ id }) => are.every((one) => one.id !== id));
  const come = are.filter(({ id }) => were.every((one) => one.id !== id));
  come.forEach((discount, index) => {
    const former = gone[index];
    if (former) recordEvent(world, "customer.discount.updated", discount, former);
    else recordEvent(world, "customer.discount.created", discount);
  });
  for (const discount of gone.slice(come.length)) recordEvent(world, "customer.discount.deleted", discount);
}

/** A customer's own, used by a subscription, neither begins nor ends with it. */
function recordsOf(world: World, references: References): Stripe.Discount[] {
  return references.flatMap((reference) => {
    const found = world.tables.discount.find(idOf(reference));
    return found && found.subscription !== null ? [found] : [];
  });
}
