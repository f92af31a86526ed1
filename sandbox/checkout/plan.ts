import type Stripe from "stripe";
import { customersDiscounts } from "../billing/applied-discounts.js";
import type { Redemption } from "../billing/discounts.js";
import type { Order, OrderItem } from "../billing/order.js";
import { idOf } from "../billing/price-amounts.js";
import type { MissingPaymentMethod } from "../billing/subscription.js";
import { addDays } from "../calendar.js";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";

/** What a Checkout Session was created with and does not show. */
export interface CheckoutPlan {
  items: { price: string; quantity: number }[];
  currency: string;
  /** The customer's id, set aside at creation if there is no customer before the payment. */
  customer: string;
  subscription: {
    metadata: Record<string, string>;
    description: string | null;
    trialPeriodDays: number | null;
    missingPaymentMethod: MissingPaymentMethod;
  };
  /** What a single payment is told by `payment_intent_data`. */
  payment?: Pick<Stripe.PaymentIntent, "description" | "metadata" | "shipping">;
  /** `customer_update[name]=auto`: the name on the card becomes the customer's. */
  updatesName: boolean;
  coupon: string | null;
  promotionCode: string | null;
  /** A payment begun and not yet through: kept so that the next try uses the same payment intent. */
  attempt: { paymentIntent: string | null; paymentMethod: string | null; isAwaitingAuthentication: boolean };
}

export function planOf(world: World, session: Stripe.Checkout.Session): CheckoutPlan {
  const plan = world.checkouts.get(session.id);
  if (plan) return plan;
  // A seeded session: only what it shows is known.
  const lines = session.line_items?.data ?? [];
  return {
    items: lines.flatMap(({ price, quantity }) => (price ? [{ price: price.id, quantity: quantity ?? 1 }] : [])),
    currency: session.currency ?? "usd",
    customer: session.customer === null ? newId.customer() : idOf(session.customer),
    subscription: { metadata: {}, description: null, trialPeriodDays: null, missingPaymentMethod: "create_invoice" },
    updatesName: false,
    coupon: null,
    promotionCode: null,
    attempt: { paymentIntent: null, paymentMethod: null, isAwaitingAuthentication: false },
  };
}

/** The order as it stands now; a trial would begin now. */
export function orderOf(world: World, plan: CheckoutPlan): Order {
  const items: OrderItem[] = plan.items.flatMap(({ price: id, quantity }) => {
    const price = world.tables.price.find(id);
    return price ? [{ price, quantity }] : [];
  });
  const { trialPeriodDays } = plan.subscription;
  return {
    items,
    currency: plan.currency,
    coupons: couponsFor(world, plan, items),
    trialEnd: trialPeriodDays === null ? null : addDays(nowInSeconds(world), trialPeriodDays),
  };
}

/** The session's own or, for a subscription, the customer's: a single payment has no invoice to take it off. */
function couponsFor(world: World, plan: CheckoutPlan, items: OrderItem[]): Stripe.Coupon[] {
  const own = redemptionOf(world, plan);
  if (own) return [own.coupon];
  if (items.every(({ price }) => price.recurring === null)) return [];
  return customersDiscounts(world, plan.customer, nowInSeconds(world)).map(({ coupon }) => coupon);
}

export function redemptionOf(world: World, plan: CheckoutPlan): Redemption | null {
  const coupon = plan.coupon === null ? undefined : world.tables.coupon.find(plan.coupon);
  if (!coupon) return null;
  const promotionCode = plan.promotionCode === null ? undefined : world.tables.promotion_code.find(plan.promotionCode);
  return { coupon, promotionCode: promotionCode ?? null };
}
