import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";

/** Changes what a customer has in credit (below zero) or owes. https://docs.stripe.com/billing/customer/balance */
export function changeBalance(world: World, customer: string, change: number): void {
  const before = world.tables.customer.find(customer);
  if (!before || change === 0) return;
  const after = world.tables.customer.put({ ...before, balance: before.balance + change });
  recordEvent(world, "customer.updated", after, before);
}
