import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { addMonths } from "../calendar.js";
import { newId } from "../ids.js";
import { percentOf } from "../money.js";
import { nowInSeconds, type World } from "../world.js";
import { idOf } from "./price-amounts.js";

/** A coupon, and the promotion code it was reached by. */
export interface Redemption {
  coupon: Stripe.Coupon;
  promotionCode: Stripe.PromotionCode | null;
}

/** What a coupon takes off an amount. */
export function discountedAmount(coupon: Stripe.Coupon, amount: number, currency: string): number {
  if (coupon.percent_off !== null) return percentOf(amount, coupon.percent_off);
  const off = coupon.currency === currency ? coupon.amount_off : coupon.currency_options?.[currency]?.amount_off;
  return Math.min(amount, off ?? 0);
}

/** "20% off", "$5.00 off" are the page's to word; this says whether the coupon may be used now. */
export function isRedeemable(world: World, coupon: Stripe.Coupon): boolean {
  const isLate = coupon.redeem_by !== null && coupon.redeem_by < nowInSeconds(world);
  const isUsedUp = coupon.max_redemptions !== null && coupon.times_redeemed >= coupon.max_redemptions;
  return coupon.valid && !isLate && !isUsedUp;
}

export function isPromotionCodeUsable(world: World, code: Stripe.PromotionCode, customer: string | null): boolean {
  const isLate = code.expires_at !== null && code.expires_at < nowInSeconds(world);
  const isUsedUp = code.max_redemptions !== null && code.times_redeemed >= code.max_redemptions;
  const isForAnother = code.customer !== null && idOf(code.customer) !== customer;
  return code.active && !isLate && !isUsedUp && !isForAnother;
}

/** Finds what `discounts[0][coupon]` or `discounts[0][promotion_code]` names, or refuses as Stripe does. */
export function redeem(
  world: World,
  given: { coupon?: string | undefined; promotion_code?: string | undefined },
  customer: string | null,
): Redemption {
  if (given.promotion_code !== undefined) {
    const code = world.tables.promotion_code.find(given.promotion_code);
    if (!code) throw noSuch("promotion code", given.promotion_code, "discounts[0][promotion_code]");
    if (!isPromotionCodeUsable(world, code, customer)) throw invalidRequest("This promotion code is not valid.");
    return { coupon: couponOf(world, code), promotionCode: code };
  }
  const coupon = world.tables.coupon.find(given.coupon ?? "");
  if (!coupon) throw noSuch("coupon", given.coupon ?? "", "discounts[0][coupon]");
  if (!isRedeemable(world, coupon)) {
    throw invalidRequest(`Coupon ${coupon.id} is expired and cannot be applied.`, { code: "coupon_expired" });
  }
  return { coupon, promotionCode: null };
}

export function couponOf(world: World, code: Stripe.PromotionCode): Stripe.Coupon {
  const reference = code.promotion.coupon;
  const coupon = reference === null ? undefined : world.tables.coupon.find(idOf(reference));
  if (!coupon || !isRedeemable(world, coupon)) throw invalidRequest("This promotion code is not valid.");
  return coupon;
}

/** Puts the discount on a subscription and counts the redemption. */
export function applyRedemption(
  world: World,
  redemption: Redemption,
  to: { customer: string; subscription: string; checkoutSession: string | null },
): Stripe.Discount {
  const { coupon, promotionCode } = redemption;
  const start = nowInSeconds(world);
  world.tables.coupon.put({ ...coupon, times_redeemed: coupon.times_redeemed + 1 });
  if (promotionCode) {
    world.tables.promotion_code.put({ ...promotionCode, times_redeemed: promotionCode.times_redeemed + 1 });
  }
  return world.tables.discount.put({
    id: newId.discount(),
    object: "discount",
    checkout_session: to.checkoutSession,
    customer: to.customer,
    customer_account: null,
    end: coupon.duration === "repeating" ? addMonths(start, coupon.duration_in_months ?? 0) : null,
    invoice: null,
    invoice_item: null,
    promotion_code: promotionCode?.id ?? null,
    source: { coupon: coupon.id, type: "coupon" },
    start,
    subscription: to.subscription,
    subscription_item: null,
  });
}
