import { type Deps, inTransaction } from "../../deps.js";
import { CustomerBusy, type RefusedOutcome, refuse } from "../../errors.js";
import { StripeRefused, StripeUnavailable } from "../../stripe/stripe-errors.js";
import type { RegisteredUser } from "../users/stripe-customer.js";
import { withCheckoutId } from "./checkout.js";
import { closeCheckout, startNextAttempt, storeCheckout } from "./checkout.repository.js";
import { announceCheckout } from "./checkout.sync.js";
import type { CheckoutRow } from "./checkout.table.js";
import { currencyMismatch, currencyNotAvailable, type Order } from "./order.js";

/**
 * Opens the page at Stripe for a row, or finds the one that an earlier, cut-off try opened: everything
 * that Stripe is told comes from the row, and so does the idempotency key.
 */
export async function openPage(deps: Deps, user: RegisteredUser, row: CheckoutRow): Promise<CheckoutRow> {
  const back = withCheckoutId(row.returnUrl, row.id);
  const checkout = {
    checkoutId: row.id,
    customerId: user.stripeCustomerId,
    stripePriceId: row.stripePriceId,
    currency: row.currency,
    quantity: row.quantity,
    trialDays: row.trialDays,
    isWithoutCard: row.isWithoutCard,
    isTaxAutomatic: row.isTaxAutomatic,
    successUrl: back,
    cancelUrl: back,
    promotionCodeId: row.promotionCodeId,
  };
  try {
    const session = await deps.stripe.createCheckout(checkout, `checkout-${row.id}-${row.stripeAttempt}`);
    return await storeCheckout(deps.db, row.id, session, session.status === "OPEN" ? "OPEN" : row.status);
  } catch (error) {
    if (error instanceof StripeUnavailable && error.hadAnswer) return adoptOrRetryLater(deps, user, row, error);
    throw error;
  }
}

/** Stripe failed, and keeps that answer under this key for a day: the page may be there all the same. */
async function adoptOrRetryLater(
  deps: Deps,
  user: RegisteredUser,
  row: CheckoutRow,
  error: StripeUnavailable,
): Promise<CheckoutRow> {
  const sessions = await deps.stripe.openCheckouts(user.stripeCustomerId);
  const made = sessions.find(({ checkoutId }) => checkoutId === row.id);
  if (made) return storeCheckout(deps.db, row.id, made, "OPEN");
  await startNextAttempt(deps.db, row.id);
  throw error;
}

/** Goes on with a page whose opening was cut off. One that Stripe refuses by now was never opened, and is over. */
export function openPageAgain(deps: Deps, user: RegisteredUser, live: CheckoutRow): Promise<CheckoutRow> {
  return openPage(deps, user, live).catch((error: unknown) => {
    if (error instanceof StripeRefused) return closeCheckout(deps.db, live.id);
    throw error;
  });
}

/** Closes a page that was left for another one. */
export async function closePage(deps: Deps, live: CheckoutRow): Promise<void> {
  if (!live.stripeSessionId) return;
  const closed = await deps.stripe.expireCheckout(live.stripeSessionId).catch((error: unknown) => {
    // Stripe closes no page that was paid in this very moment: the next try will see the payment.
    throw error instanceof StripeRefused ? new CustomerBusy() : error;
  });
  await inTransaction(deps, async (inside) =>
    announceCheckout(inside, await storeCheckout(inside.db, live.id, closed, "EXPIRED")),
  );
}

/** Why Stripe would not open the page, as far as a customer can do something about it. */
export function refusalOf({ log }: Deps, order: Order, error: StripeRefused): RefusedOutcome {
  const { code, message, param } = error;
  if (/combine currencies|customer currency/i.test(message)) return currencyMismatch();
  const isPromotion = param?.startsWith("discounts") || /promotion code|coupon/i.test(message);
  if (order.promotionCodeId !== null && isPromotion) {
    return refuse("PROMOTION_CODE_INVALID", undefined, { path: ["input", "promotionCode"] });
  }
  if (code === "amount_too_large" || param?.endsWith("[quantity]")) {
    return refuse("SEATS_NOT_AVAILABLE", undefined, { path: ["input", "quantity"] });
  }
  const isOtherCurrency = /expected currency/i.test(message);
  if (!isOtherCurrency && !param?.startsWith("line_items")) throw error;
  log.error(
    { price: order.priceId, err: error },
    "Stripe does not sell a price of the catalog: push the catalog again",
  );
  if (isOtherCurrency) return currencyNotAvailable(order);
  return refuse("TIER_NOT_AVAILABLE", undefined, { path: ["input", "priceId"] });
}
