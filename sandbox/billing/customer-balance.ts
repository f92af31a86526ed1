import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";

/** One change of what a customer owes (above 0) or has to their credit (below 0). */
export interface BalanceChange {
  amount: number;
  currency: string;
  type: Stripe.CustomerBalanceTransaction.Type;
  invoice?: string | null;
}

/** Changes a customer's balance. https://docs.stripe.com/billing/customer/balance */
export function changeBalance(world: World, customer: Stripe.Customer, { amount, currency }: BalanceChange): void {
  const after = world.tables.customer.put({ ...customer, balance: customer.balance + amount, currency });
  recordEvent(world, "customer.updated", after, customer);
}
