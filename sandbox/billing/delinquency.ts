import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { idOf } from "./price-amounts.js";

/**
 * Notes on a customer whether their latest invoice is owed: an automatic payment failed or a due date passed, or it was
 * paid or given up on. https://docs.stripe.com/api/customers/object#customer_object-delinquent
 */
export function noteDelinquency(world: World, { customer: reference }: Stripe.Invoice, delinquent: boolean): void {
  const before = reference === null ? undefined : world.tables.customer.find(idOf(reference));
  if (!before || (before.delinquent ?? false) === delinquent) return;
  recordEvent(world, "customer.updated", world.tables.customer.put({ ...before, delinquent }), before);
}
