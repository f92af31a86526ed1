import type Stripe from "stripe";
import type { World } from "../world.js";
import { idOf } from "./price-amounts.js";

/** A discount with the coupon behind it. */
export interface AppliedDiscount {
  id: string;
  coupon: Stripe.Coupon;
}

type References = (string | { id: string })[];

/**
 * What comes off an invoice made at an instant: the subscription's own discounts or, if none holds, its customer's.
 *
 * https://docs.stripe.com/billing/subscriptions/coupons
 */
export function discountsOf(
  world: World,
  { customer, discounts }: Pick<Stripe.Subscription, "customer" | "discounts">,
  at: number,
): AppliedDiscount[] {
  const own = holding(world, discounts, at);
  return own.length > 0 ? own : customersDiscounts(world, idOf(customer), at);
}

/** What comes off the invoices of a customer that have no discount of their own. */
export function customersDiscounts(world: World, customer: string, at: number): AppliedDiscount[] {
  const discount = world.tables.customer.find(customer)?.discount;
  return discount ? holding(world, [discount], at) : [];
}

/** Those that have not ended by then and are not used up. */
export function holding(world: World, references: References, at: number): AppliedDiscount[] {
  return appliedDiscounts(world, references).filter(({ id, coupon }) => {
    const discount = world.tables.discount.find(id);
    const isOver = !discount || (discount.end !== null && discount.end <= at);
    return !isOver && !isUsedUp(world, discount, coupon);
  });
}

/** All that are referred to, over or not. */
export function appliedDiscounts(world: World, references: References): AppliedDiscount[] {
  return references.flatMap((reference) => {
    const discount = world.tables.discount.find(idOf(reference));
    const coupon = discount?.source.coupon && world.tables.coupon.find(idOf(discount.source.coupon));
    return discount && coupon ? [{ id: discount.id, coupon }] : [];
  });
}

/**
 * A coupon for one time is good for the first invoice it takes something off; a trial's, of nothing, does not count, and
 * neither does one that was voided.
 */
function isUsedUp(world: World, { id, customer }: Stripe.Discount, { duration }: Stripe.Coupon): boolean {
  if (duration !== "once" || customer === null) return false;
  return world.tables.invoice
    .of(idOf(customer))
    .filter(({ status }) => status !== "void")
    .some((invoice) =>
      (invoice.total_discount_amounts ?? []).some(({ amount, discount }) => amount > 0 && idOf(discount) === id),
    );
}
