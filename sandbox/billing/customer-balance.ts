import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";

/** One change of what a customer owes (above 0) or has to their credit (below 0). */
export interface BalanceChange {
  amount: number;
  currency: string;
  type: Stripe.CustomerBalanceTransaction.Type;
  description?: string | null;
  invoice?: string | null;
  metadata?: Record<string, string>;
}

/**
 * Changes a customer's balance and keeps the entry that says why: the balance is always the sum of its entries.
 *
 * https://docs.stripe.com/billing/customer/balance
 */
export function changeBalance(
  world: World,
  customer: Stripe.Customer,
  change: BalanceChange,
): Stripe.CustomerBalanceTransaction {
  const entry = enterBalance(world, customer, change);
  const after = world.tables.customer.put({ ...customer, balance: entry.ending_balance, currency: change.currency });
  recordEvent(world, "customer.updated", after, customer);
  return entry;
}

/** The entry alone, for whoever changes the customer in one go with other things. */
export function enterBalance(
  world: World,
  customer: Stripe.Customer,
  change: BalanceChange,
): Stripe.CustomerBalanceTransaction {
  if (customer.currency && customer.currency !== change.currency) {
    throw invalidRequest(
      `This customer has its balance in ${customer.currency}; ${change.currency} cannot be added to it.`,
      { param: "currency" },
    );
  }
  return world.tables.customer_balance_transaction.put({
    id: newId.customerBalanceTransaction(),
    object: "customer_balance_transaction",
    amount: change.amount,
    checkout_session: null,
    created: nowInSeconds(world),
    credit_note: null,
    currency: change.currency,
    customer: customer.id,
    customer_account: null,
    description: change.description ?? null,
    ending_balance: customer.balance + change.amount,
    invoice: change.invoice ?? null,
    livemode: false,
    metadata: change.metadata ?? {},
    type: change.type,
  });
}
