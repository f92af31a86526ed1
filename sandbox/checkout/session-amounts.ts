import type Stripe from "stripe";
import { type OrderTotals, totalOf } from "../billing/order.js";
import type { World } from "../world.js";
import { type CheckoutPlan, orderOf } from "./plan.js";

/** Keeps the plan and makes the session's sums and discounts say the same. */
export function putSessionWithPlan(
  world: World,
  session: Stripe.Checkout.Session,
  plan: CheckoutPlan,
): Stripe.Checkout.Session {
  world.checkouts.set(session.id, plan);
  const totals = totalOf(orderOf(world, plan));
  const line_items = session.line_items ? { line_items: withAmounts(session.line_items, totals) } : {};
  const isDiscounted = plan.coupon !== null;
  return world.tables["checkout.session"].put({
    ...session,
    ...line_items,
    amount_subtotal: totals.subtotal,
    amount_total: totals.total,
    discounts: isDiscounted
      ? [{ coupon: plan.promotionCode ? null : plan.coupon, promotion_code: plan.promotionCode }]
      : [],
    total_details: { amount_discount: totals.discount, amount_shipping: 0, amount_tax: 0 },
  });
}

function withAmounts(lines: Stripe.ApiList<Stripe.LineItem>, totals: OrderTotals): Stripe.ApiList<Stripe.LineItem> {
  const data = lines.data.map((line, index) => {
    const amount_subtotal = totals.subtotals[index] ?? 0;
    const amount_discount = totals.discounts[index] ?? 0;
    return { ...line, amount_discount, amount_subtotal, amount_total: amount_subtotal - amount_discount };
  });
  return { ...lines, data };
}
