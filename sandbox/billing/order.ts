import type Stripe from "stripe";
import { sum } from "../money.js";
import { discountShares, totalShares } from "./discount-shares.js";
import type { Purchase } from "./discounts.js";
import { amountFor, isMetered, productIdOf } from "./price-amounts.js";

/** What a customer is about to subscribe to, from Checkout or from the API. */
export interface Order {
  items: OrderItem[];
  currency: string;
  /** What comes off, in this order. */
  coupons: Stripe.Coupon[];
  trialEnd: number | null;
  /** When whole periods begin, if that is not now or at the trial's end. */
  anchor?: Anchor | null;
  /** What is billed once, on the first invoice. */
  extras?: OrderItem[];
}

export interface Anchor {
  at: number;
  config: Stripe.Subscription.BillingCycleAnchorConfig | null;
  /** Whether the time until then is charged for its part, or is free. */
  isProrated: boolean;
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
  const subtotals = order.items.map((item) => (order.trialEnd === null ? costOf(item, order.currency) : 0));
  const subtotal = sum(subtotals);
  const lines = subtotals.map((amount, index) => ({ amount, isDiscountable: true, product: productAt(order, index) }));
  const discounts = totalShares(discountShares(order.coupons, lines, order.currency), lines);
  const discount = sum(discounts);
  return { subtotals, discounts, subtotal, discount, total: subtotal - discount };
}

function productAt({ items }: Order, index: number): string {
  const price = items[index]?.price;
  return price ? productIdOf(price) : "";
}

/** What the items cost before discounts, a trial or not. */
export function priceOf({ items, currency }: Pick<Order, "items" | "currency">): number {
  return sum(items.map((item) => costOf(item, currency)));
}

/** The order as a coupon looks at it. */
export function purchaseOf(order: Pick<Order, "items" | "currency">, customer: string | null): Purchase {
  const products = order.items.map(({ price }) => productIdOf(price));
  return { customer, currency: order.currency, amount: priceOf(order), products };
}

/** What is metered is paid for afterwards, by what was used. */
function costOf({ price, quantity }: OrderItem, currency: string): number {
  return isMetered(price) ? 0 : amountFor(price, currency, quantity);
}
