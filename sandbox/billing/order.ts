import type Stripe from "stripe";
import { discountedAmount } from "./discounts.js";
import { unitAmount } from "./price-amounts.js";

/** What a customer is about to subscribe to, from Checkout or from the API. */
export interface Order {
  items: OrderItem[];
  currency: string;
  coupon: Stripe.Coupon | null;
  trialEnd: number | null;
}

export interface OrderItem {
  price: Stripe.Price;
  quantity: number;
  metadata?: Record<string, string>;
}

/** The first invoice's sums; a trial makes everything free for now. */
export interface OrderTotals {
  /** Before discounts, per item. */
  subtotals: number[];
  /** Discount, per item. */
  discounts: number[];
  subtotal: number;
  discount: number;
  total: number;
}

export function totalOf(order: Order): OrderTotals {
  const subtotals = order.items.map((item) =>
    order.trialEnd === null ? unitAmount(item.price, order.currency) * item.quantity : 0,
  );
  const subtotal = sum(subtotals);
  const discount = order.coupon ? discountedAmount(order.coupon, subtotal, order.currency) : 0;
  const discounts = spread(discount, subtotals);
  return { subtotals, discounts, subtotal, discount, total: subtotal - discount };
}

/** Shares an amount in proportion; the last that takes part takes what rounding left. */
export function spread(amount: number, weights: number[]): number[] {
  const whole = sum(weights);
  const last = weights.findLastIndex((weight) => weight > 0);
  let left = amount;
  return weights.map((weight, index) => {
    const share = index === last ? left : Math.floor((amount * weight) / Math.max(1, whole));
    left -= share;
    return share;
  });
}

/** What the items cost before discounts, a trial or not. */
export function priceOf({ items, currency }: Pick<Order, "items" | "currency">): number {
  return sum(items.map((item) => unitAmount(item.price, currency) * item.quantity));
}

export function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
