import { globalId } from "../global-id.js";
import type { CheckoutRow } from "./checkout.table.js";

/** What decides whether an open checkout is the one that is asked for. */
export type CheckoutTerms = Pick<
  CheckoutRow,
  "priceId" | "quantity" | "returnUrl" | "promotionCodeId" | "trialDays" | "isWithoutCard" | "isTaxAutomatic"
>;

/** Stripe keeps a Checkout page open for 24 hours unless told otherwise. */
export const checkoutLifeMs = 24 * 60 * 60 * 1000;

/** Whether two checkouts would show the customer the same page and lead back to the same place. */
export function isSameCheckout(first: CheckoutTerms, second: CheckoutTerms): boolean {
  return (
    first.priceId === second.priceId &&
    first.quantity === second.quantity &&
    first.returnUrl === second.returnUrl &&
    first.promotionCodeId === second.promotionCodeId &&
    first.trialDays === second.trialDays &&
    first.isWithoutCard === second.isWithoutCard &&
    first.isTaxAutomatic === second.isTaxAutomatic
  );
}

/** Whether nothing more can come of it. */
export function isFinal({ status }: Pick<CheckoutRow, "status">): boolean {
  return status === "COMPLETE" || status === "EXPIRED";
}

/** The return URL with the checkout's global ID, so that the page it leads to knows what to ask for. */
export function withCheckoutId(returnUrl: string, checkoutId: string): string {
  const url = new URL(returnUrl);
  url.searchParams.set("checkout_session", globalId("CheckoutSession", checkoutId));
  return url.href;
}
