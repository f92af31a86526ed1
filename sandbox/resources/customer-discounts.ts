import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { applyRedemption, isRedeemable } from "../billing/discounts.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { getCoupon } from "./coupons.js";

/** A customer's own discount, in place of the one they had. */
export function giveDiscount(world: World, customer: Stripe.Customer, coupon: string): Stripe.Customer {
  const found = getCoupon(world, coupon, "coupon");
  if (!isRedeemable(world, found)) {
    throw invalidRequest(`Coupon ${coupon} is expired and cannot be applied.`, { code: "coupon_expired" });
  }
  const to = { customer: customer.id, subscription: null, checkoutSession: null, invoice: null };
  const discount = applyRedemption(world, { coupon: found, promotionCode: null }, to);
  const after = world.tables.customer.put({ ...customer, discount });
  if (customer.discount) recordEvent(world, "customer.discount.updated", discount, customer.discount);
  else recordEvent(world, "customer.discount.created", discount);
  return after;
}

export function takeDiscount(world: World, customer: Stripe.Customer): Stripe.Customer {
  const { discount } = customer;
  if (discount) {
    recordEvent(world, "customer.discount.deleted", discount);
  }
  return world.tables.customer.put({ ...customer, discount: null });
}

/** A discount as it is answered once it is gone. */
export function deletedDiscount(discount: Stripe.Discount): Stripe.DeletedDiscount {
  const { end, ...rest } = discount;
  return { ...rest, deleted: true };
}
