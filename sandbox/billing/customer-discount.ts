import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { applyRedemption, redeem } from "./discounts.js";

/**
 * Puts a coupon on a customer, in place of the one there was.
 *
 * A parameter of older versions; today discounts are given to subscriptions and invoices.
 */
export function giveCustomerDiscount(world: World, customer: Stripe.Customer, coupon: string): Stripe.Customer {
  const purchase = { customer: customer.id, currency: customer.currency ?? "usd", amount: 0 };
  const redemption = redeem(world, { coupon }, purchase, "coupon");
  const discount = applyRedemption(world, redemption, {
    customer: customer.id,
    subscription: null,
    checkoutSession: null,
  });
  const before = customer.discount;
  if (before) recordEvent(world, "customer.discount.updated", discount, before);
  else recordEvent(world, "customer.discount.created", discount);
  return world.tables.customer.put({ ...customer, discount });
}

/** Takes the customer's discount away, if there is one. */
export function takeCustomerDiscount(world: World, customer: Stripe.Customer): Stripe.Customer {
  if (!customer.discount) return customer;
  recordEvent(world, "customer.discount.deleted", customer.discount);
  return world.tables.customer.put({ ...customer, discount: null });
}

/** Invoices do not know of it here, and would come out too high: so nothing is billed to such a customer. */
export function refuseCustomersDiscount(customer: Stripe.Customer): void {
  if (!customer.discount) return;
  throw invalidRequest(
    `The sandbox does not take a customer's own discount off invoices, and ${customer.id} has one. Give it to the ` +
      "subscription instead (discounts[0][coupon]); see sandbox/README.md.",
    { param: "customer" },
  );
}
