import type { Deps } from "../../deps.js";
import { type RefusedOutcome, refuse } from "../../errors.js";
import type { PlanOrder } from "../../stripe/plan-change.js";
import { isPaymentMethodMissing, type StripeRefused } from "../../stripe/stripe-errors.js";

/** The payment did not go through, and there is nothing that the customer could confirm. */
export function declined(): RefusedOutcome {
  const message = "The payment was declined and nothing was changed. Leave another payment method, then try again.";
  return refuse("PAYMENT_FAILED", message);
}

/** What would happen is not what was previewed any more. */
export function stale(): RefusedOutcome {
  return refuse("PREVIEW_STALE", undefined, { path: ["input", "previewToken"] });
}

/** Why Stripe would not make or price a change, as far as a customer can do something about it. Throws anything else again. */
export function refusalOf({ log }: Deps, order: PlanOrder, error: StripeRefused): RefusedOutcome {
  const { code, message, param, statusCode } = error;
  if (statusCode === 402) return declined();
  if (isPaymentMethodMissing(error)) return refuse("PAYMENT_METHOD_REQUIRED");
  if (order.promotionCodeId !== null && (param?.startsWith("discounts") || /promotion code|coupon/i.test(message))) {
    return refuse("PROMOTION_CODE_INVALID", undefined, { path: ["input", "promotionCode"] });
  }
  if (code === "amount_too_large" || param?.endsWith("[quantity]")) {
    return refuse("SEATS_NOT_AVAILABLE", undefined, { path: ["input", "quantity"] });
  }
  // A period has begun since the instant that everything is counted from. Stripe's own words for it name no parameter.
  if (/proration[ _]date/i.test(`${param} ${message}`)) return stale();
  if (!/items|phases/.test(param ?? "")) throw error;
  log.error(
    { price: order.stripePriceId, err: error },
    "Stripe does not sell a price of the catalog: push the catalog again",
  );
  return refuse("TIER_NOT_AVAILABLE", undefined, { path: ["input", "priceId"] });
}
