import type Stripe from "stripe";
import { idOf } from "./snapshots.js";

/** A code that takes a coupon's discount off: https://docs.stripe.com/api/promotion_codes/object */
export interface PromotionCodeSnapshot {
  readonly id: string;
  /** False as well once it has expired, is used up, or its coupon is no longer good. */
  readonly isActive: boolean;
  /** The one Stripe customer who may use it; null for everybody. */
  readonly customerId: string | null;
  /** Only for a customer who has never been billed. */
  readonly isForFirstPurchase: boolean;
  /** What the purchase must come to, in minor units; null without a minimum. */
  readonly minimum: { readonly amount: number; readonly currency: string } | null;
  /** Currencies that an amount off is known in, lower case; null for a percentage, which is good in all. */
  readonly currencies: readonly string[] | null;
}

/** Reads a promotion code whose coupon is expanded. */
export function promotionCodeSnapshot(code: Stripe.PromotionCode): PromotionCodeSnapshot {
  const { first_time_transaction, minimum_amount, minimum_amount_currency } = code.restrictions;
  return {
    id: code.id,
    isActive: code.active,
    customerId: idOf(code.customer),
    isForFirstPurchase: first_time_transaction,
    minimum:
      minimum_amount !== null && minimum_amount_currency !== null
        ? { amount: minimum_amount, currency: minimum_amount_currency }
        : null,
    currencies: currenciesOf(code.promotion.coupon),
  };
}

function currenciesOf(coupon: string | Stripe.Coupon | null): string[] | null {
  // A coupon that is not there to read is left to Stripe to judge.
  if (coupon === null || typeof coupon === "string" || coupon.amount_off === null) return null;
  return [...new Set([...(coupon.currency ? [coupon.currency] : []), ...Object.keys(coupon.currency_options ?? {})])];
}
