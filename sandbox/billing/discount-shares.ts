import type Stripe from "stripe";
import { sum } from "../money.js";
import { appliesTo, discountedAmount } from "./discounts.js";

/** A line as a discount looks at it. */
export interface DiscountedLine {
  amount: number;
  isDiscountable: boolean;
  product: string;
}

/**
 * What each discount takes off each line: one list of shares for each coupon, in the order given.
 *
 * Each is taken of what the former left; nothing comes off a line that is discounted already, or gives something back.
 */
export function discountShares(coupons: Stripe.Coupon[], lines: DiscountedLine[], currency: string): number[][] {
  let left = lines.map(({ amount, isDiscountable }) => (isDiscountable ? Math.max(0, amount) : 0));
  return coupons.map((coupon) => {
    const weights = lines.map(({ product }, index) => (appliesTo(coupon, product) ? (left[index] ?? 0) : 0));
    const shares = spread(discountedAmount(coupon, sum(weights), currency), weights);
    left = left.map((amount, index) => amount - (shares[index] ?? 0));
    return shares;
  });
}

/** What all discounts together take off each line. */
export function totalShares(shares: number[][], lines: unknown[]): number[] {
  return lines.map((_line, index) => sum(shares.map((ofOne) => ofOne[index] ?? 0)));
}

/** Shares an amount in proportion; the last that takes part takes what rounding left. */
function spread(amount: number, weights: number[]): number[] {
  const whole = sum(weights);
  const last = weights.findLastIndex((weight) => weight > 0);
  let left = amount;
  return weights.map((weight, index) => {
    const share = index === last ? left : Math.floor((amount * weight) / Math.max(1, whole));
    left -= share;
    return share;
  });
}
