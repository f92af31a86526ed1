import type Stripe from "stripe";
import { totalOf } from "../billing/order.js";
import type { World } from "../world.js";
import { type CheckoutPlan, orderOf, planOf } from "./plan.js";

/** What paying a session charges now, in the currency's minor unit, and what of its total the customer's balance pays. */
export interface AmountDue {
  due: number;
  /** Below 0 where the customer owes from before, which is charged along. */
  applied: number;
}

/**
 * The total less the customer's balance, as the first invoice of a subscription will ask for it. A single payment has no
 * invoice here, and no balance comes off it: https://docs.stripe.com/billing/customer/balance
 */
export function amountDueOf(world: World, session: Stripe.Checkout.Session, plan: CheckoutPlan): AmountDue {
  const { total } = totalOf(orderOf(world, plan));
  if (session.mode !== "subscription") return { due: total, applied: 0 };
  const due = Math.max(0, total + (world.tables.customer.find(plan.customer)?.balance ?? 0));
  return { due, applied: total - due };
}

/**
 * Whether the page asks for a card: where none is wanted unless it is needed, and nothing is due, it does not.
 *
 * https://docs.stripe.com/payments/checkout/free-trials
 */
export function asksForCard(world: World, session: Stripe.Checkout.Session): boolean {
  const isOnlyIfDue = session.mode === "subscription" && session.payment_method_collection === "if_required";
  return !isOnlyIfDue || session.amount_total !== 0 || amountDueOf(world, session, planOf(world, session)).due !== 0;
}
