import type Stripe from "stripe";
import { priceOf } from "../billing/order.js";
import { describePrice, idOf } from "../billing/price-amounts.js";
import { amountDueOf, asksForCard } from "../checkout/amount-due.js";
import { orderOf, planOf, redemptionOf } from "../checkout/plan.js";
import { formatMoney } from "../money.js";
import { renderClosedCheckoutPage } from "../pages/checkout-steps.js";
import type { CheckoutPageView } from "../pages/checkout-view.js";
import { merchantName } from "../resources/account.js";
import type { World } from "../world.js";

/** What the customer typed and what was wrong with it. */
export type CheckoutForm = Pick<CheckoutPageView, "values" | "errors">;

/** A session as the checkout page shows it. */
export function checkoutView(world: World, session: Stripe.Checkout.Session, form: CheckoutForm): CheckoutPageView {
  const plan = planOf(world, session);
  const order = orderOf(world, plan);
  const [first] = order.items;
  const product = first && world.tables.product.find(idOf(first.price.product));
  const money = (amount: number) => formatMoney(amount, order.currency);
  const coupon = redemptionOf(world, plan)?.coupon;
  const { due, applied } = amountDueOf(world, session, plan);
  const [unit = "", interval = "month"] = first ? describePrice(first.price, order.currency).split(" / ") : [];
  return {
    sessionId: session.id,
    mode: modeOf(session),
    merchantName,
    productName: product?.name ?? (session.mode === "setup" ? "Card on file" : "Subscription"),
    description: product?.description ?? null,
    amount: money(priceOf(order)),
    seats: first && first.quantity > 1 ? `${first.quantity} × ${unit}` : null,
    interval,
    balance: applied === 0 ? null : money(-applied).replace("-", "−"),
    totalDueToday: money(due),
    tax: session.automatic_tax.enabled ? money(session.total_details?.amount_tax ?? 0) : null,
    email: session.customer_details?.email ?? session.customer_email,
    trialDays: plan.subscription.trialPeriodDays ?? 0,
    isCardAsked: asksForCard(world, session),
    missingCard: plan.subscription.missingPaymentMethod,
    allowPromotionCode: session.allow_promotion_codes ?? false,
    discount: coupon
      ? { name: coupon.name ?? coupon.id, amountOff: money(session.total_details?.amount_discount ?? 0) }
      : null,
    cancelUrl: session.cancel_url,
    ...form,
  };
}

/** What stands at a session's address once there is nothing to pay any more. */
export function renderClosed(session: Stripe.Checkout.Session | undefined): string {
  if (!session) {
    return renderClosedCheckoutPage({
      merchantName,
      title: "Page not found",
      message: "There is no checkout at this address.",
      backUrl: null,
    });
  }
  if (session.status === "complete") {
    return renderClosedCheckoutPage({
      merchantName,
      title: "You're all done here",
      message: "This checkout has been completed already. You were charged once, and nothing more is due.",
      backUrl: (session.success_url ?? "").replaceAll("{CHECKOUT_SESSION_ID}", session.id) || null,
    });
  }
  return renderClosedCheckoutPage({
    merchantName,
    title: "This checkout has expired",
    message: "You were not charged. Go back and start again.",
    backUrl: session.cancel_url,
  });
}

function modeOf({ mode }: Stripe.Checkout.Session): CheckoutPageView["mode"] {
  if (mode === "payment") return "payment";
  return mode === "setup" ? "setup" : "subscription";
}
