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

/** What a discount is to be taken off. */
export interface Purchase {
  /** Null for a customer who does not exist yet. */
  customer: string | null;
  currency: string;
  /** Before discounts. */
  amount: number;
  /** What is bought. */
  products: string[];
}

/** What a coupon takes off an amount. */
export function discountedAmount(coupon: Stripe.Coupon, amount: number, currency: string): number {
  if (coupon.percent_off !== null) return percentOf(amount, coupon.percent_off);
  return Math.min(amount, amountOff(coupon, currency) ?? 0);
}

function amountOff(coupon: Stripe.Coupon, currency: string): number | null {
  const own = coupon.currency === currency ? coupon.amount_off : null;
  return own ?? coupon.currency_options?.[currency]?.amount_off ?? null;
}

export function appliesTo(coupon: Stripe.Coupon, product: string): boolean {
  return !coupon.applies_to || coupon.applies_to.products.includes(product);
}

/** The coupon as it is answered: no longer valid once it is too late or it is used up. */
export function couponAsOfNow(world: World, coupon: Stripe.Coupon): Stripe.Coupon {
  return { ...coupon, valid: isRedeemable(world, coupon) };
}

export function isRedeemable(world: World, coupon: Stripe.Coupon): boolean {
  const isLate = coupon.redeem_by !== null && coupon.redeem_by < nowInSeconds(world);
  const isUsedUp = coupon.max_redemptions !== null && coupon.times_redeemed >= coupon.max_redemptions;
  return coupon.valid && !isLate && !isUsedUp;
}

/** The code as it is answered: no longer active once it has expired, is used up, or its coupon is no longer good. */
export function asOfNow(world: World, code: Stripe.PromotionCode): Stripe.PromotionCode {
  const isLate = code.expires_at !== null && code.expires_at <= nowInSeconds(world);
  const isUsedUp = code.max_redemptions !== null && code.times_redeemed >= code.max_redemptions;
  const coupon = couponBehind(world, code);
  const isGood = coupon !== undefined && isRedeemable(world, coupon);
  return { ...code, active: code.active && !isLate && !isUsedUp && isGood };
}

/** The code's coupon for this purchase; refuses a code that is not good for it. */
export function couponFor(world: World, code: Stripe.PromotionCode, purchase: Purchase): Stripe.Coupon {
  const coupon = couponBehind(world, code);
  const isForAnother = code.customer !== null && idOf(code.customer) !== purchase.customer;
  if (!coupon || isForAnother || !asOfNow(world, code).active)
    throw invalidRequest("This promotion code is not valid.");
  const { first_time_transaction, minimum_amount, minimum_amount_currency, currency_options } = code.restrictions;
  if (first_time_transaction && hasPriorTransactions(world, purchase.customer)) {
    throw invalidRequest(
      "This promotion code cannot be redeemed because the associated customer has prior transactions.",
    );
  }
  const minimum =
    minimum_amount_currency === purchase.currency
      ? minimum_amount
      : (currency_options?.[purchase.currency]?.minimum_amount ?? null);
  const isBelow = minimum !== null && purchase.amount < minimum;
  if (isBelow || (minimum === null && minimum_amount !== null)) {
    throw invalidRequest(
      "This promotion code cannot be redeemed because the purchase does not meet its minimum amount.",
    );
  }
  refuseUnlessItApplies(coupon, purchase);
  return coupon;
}

/** Any invoice counts, paid or not: https://github.com/stripe/stripe-node/issues/2349 */
function hasPriorTransactions(world: World, customer: string | null): boolean {
  return world.tables.invoice
    .newestFirst()
    .some((invoice) => invoice.customer !== null && idOf(invoice.customer) === customer);
}

function refuseUnlessItApplies(coupon: Stripe.Coupon, { currency, products }: Purchase): void {
  if (!products.some((product) => appliesTo(coupon, product))) {
    throw invalidRequest(`Coupon ${coupon.id} does not apply to anything in this purchase.`);
  }
  if (coupon.amount_off === null || amountOff(coupon, currency) !== null) return;
  throw invalidRequest(`Coupon ${coupon.id} takes an amount off that is not given in \`${currency}\`.`);
}

function couponBehind(world: World, code: Stripe.PromotionCode): Stripe.Coupon | undefined {
  const reference = code.promotion.coupon;
  return reference === null ? undefined : world.tables.coupon.find(idOf(reference));
}

/** Finds what `coupon` or `promotion_code` of a discount names, or refuses as Stripe does. */
export function redeem(
  world: World,
  given: { coupon?: string | undefined; promotion_code?: string | undefined },
  purchase: Purchase,
  param: string,
): Redemption {
  if (given.promotion_code !== undefined) {
    const code = world.tables.promotion_code.find(given.promotion_code);
    if (!code) throw noSuch("promotion code", given.promotion_code, `${param}[promotion_code]`);
    return { coupon: couponFor(world, code, purchase), promotionCode: code };
  }
  const coupon = world.tables.coupon.find(given.coupon ?? "");
  if (!coupon) throw noSuch("coupon", given.coupon ?? "", `${param}[coupon]`);
  if (!isRedeemable(world, coupon)) {
    throw invalidRequest(`Coupon ${coupon.id} is expired and cannot be applied.`, { code: "coupon_expired" });
  }
  refuseUnlessItApplies(coupon, purchase);
  return { coupon, promotionCode: null };
}

/** What a discount is put on. */
export interface DiscountTarget {
  customer: string;
  subscription: string | null;
  checkoutSession: string | null;
  invoice: string | null;
}

/** Makes the discount, if it is not built yet, and counts the redemption. */
export function applyRedemption(
  world: World,
  redemption: Redemption,
  to: DiscountTarget,
  built = buildDiscount(world, redemption, to),
): Stripe.Discount {
  countRedemption(world, built);
  return world.tables.discount.put(built);
}

/** Counts a discount's coupon, and the promotion code it was reached by, as redeemed once more. */
export function countRedemption(world: World, { source, promotion_code }: Stripe.Discount): void {
  // Looked up each time, for the same may be redeemed several times in one request.
  const coupon = source.coupon === null ? undefined : world.tables.coupon.find(idOf(source.coupon));
  const code = promotion_code === null ? undefined : world.tables.promotion_code.find(idOf(promotion_code));
  if (coupon) {
    const counted = { ...coupon, times_redeemed: coupon.times_redeemed + 1 };
    world.tables.coupon.put({ ...counted, valid: isRedeemable(world, counted) });
  }
  if (code) world.tables.promotion_code.put({ ...code, times_redeemed: code.times_redeemed + 1 });
}

/** The discount as it will be; nothing is stored or counted. */
export function buildDiscount(
  world: World,
  { coupon, promotionCode }: Redemption,
  to: DiscountTarget,
): Stripe.Discount {
  const start = nowInSeconds(world);
  return {
    id: newId.discount(),
    object: "discount",
    checkout_session: to.checkoutSession,
    customer: to.customer,
    customer_account: null,
    end: coupon.duration === "repeating" ? addMonths(start, coupon.duration_in_months ?? 0) : null,
    invoice: to.invoice,
    invoice_item: null,
    promotion_code: promotionCode?.id ?? null,
    source: { coupon: coupon.id, type: "coupon" },
    start,
    subscription: to.subscription,
    subscription_item: null,
  };
}
