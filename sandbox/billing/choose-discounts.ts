import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { hash, listOf, text } from "../api/params.js";
import { nowInSeconds, type World } from "../world.js";
import { type AppliedDiscount, appliedDiscounts, holding } from "./applied-discounts.js";
import { applyRedemption, type DiscountTarget, type Purchase, type Redemption, redeem } from "./discounts.js";

/** What `discounts` asked for: a coupon to redeem, or a discount that is there already. */
export type ChosenDiscount =
  | { kind: "new"; redemption: Redemption }
  | { kind: "kept"; discount: Stripe.Discount; coupon: Stripe.Coupon };

/** The parameter `discounts`. */
export const discountsParam = listOf(hash({ coupon: text, discount: text, promotion_code: text }));

type Given = NonNullable<ReturnType<typeof discountsParam>>;

/** Stripe stacks up to 20. https://docs.stripe.com/billing/subscriptions/coupons */
const mostDiscounts = 20;

/** Finds what is asked for, or refuses; an existing discount has to be one of `ancestors`. Nothing is redeemed yet. */
export function chooseDiscounts(
  world: World,
  given: Given,
  purchase: Purchase,
  ancestors: (string | { id: string } | null)[],
  at = "discounts",
): ChosenDiscount[] {
  if (given.length > mostDiscounts) {
    throw invalidRequest(`You can apply at most ${mostDiscounts} discounts.`, { param: at });
  }
  const known = ancestors.filter((reference) => reference !== null);
  const reusable = holding(world, known, nowInSeconds(world));
  return given.map((one, index) => {
    const param = `${at}[${index}]`;
    const named = [one.coupon, one.discount, one.promotion_code].filter((value) => value !== undefined);
    if (named.length !== 1) {
      throw invalidRequest("You must give exactly one of `coupon`, `discount` and `promotion_code`.", { param });
    }
    if (one.discount === undefined) return { kind: "new", redemption: redeem(world, one, purchase, param) };
    const found = reusable.find(({ id }) => id === one.discount);
    const discount = found && world.tables.discount.find(found.id);
    if (!discount) throw noSuch("discount", one.discount, `${param}[discount]`);
    return { kind: "kept", discount, coupon: found.coupon };
  });
}

export function couponsOf(chosen: ChosenDiscount[]): Stripe.Coupon[] {
  return chosen.map((one) => (one.kind === "new" ? one.redemption.coupon : one.coupon));
}

/** Redeems what is new; in the order asked for. */
export function applyChosen(world: World, chosen: ChosenDiscount[], to: DiscountTarget): Stripe.Discount[] {
  return chosen.map((one) => (one.kind === "new" ? applyRedemption(world, one.redemption, to) : one.discount));
}

/** As if nothing had been redeemed: for what was only shown, or failed. */
export function undoChosen(world: World, chosen: ChosenDiscount[], applied: Stripe.Discount[]): void {
  forgetRedemptions(world, chosen);
  chosen.forEach((one, index) => {
    const discount = applied[index];
    if (one.kind === "new" && discount) world.tables.discount.remove(discount.id);
  });
}

/** The discounts stay, and count as redeemed no longer: for what may not come about. */
export function forgetRedemptions(world: World, chosen: ChosenDiscount[]): void {
  for (const one of chosen) {
    if (one.kind === "kept") continue;
    const { coupon, promotionCode } = one.redemption;
    world.tables.coupon.put(coupon);
    if (promotionCode) world.tables.promotion_code.put(promotionCode);
  }
}

/** What an invoice would have taken off, redeemed for as long as it is looked at. */
export function lookingAt<T>(
  world: World,
  chosen: ChosenDiscount[],
  to: DiscountTarget,
  look: (discounts: AppliedDiscount[]) => T,
): T {
  const applied = applyChosen(world, chosen, to);
  try {
    return look(appliedDiscounts(world, applied));
  } finally {
    undoChosen(world, chosen, applied);
  }
}
