import type Stripe from "stripe";
import { addIntervals } from "../calendar.js";
import { newId } from "../ids.js";
import type { World } from "../world.js";
import { buildFirstInvoice } from "./invoice.js";
import type { Order } from "./order.js";
import { idOf } from "./price-amounts.js";
import { currentPeriodEnd } from "./subscription.js";

/** Stripe leaves an hour between the draft of a renewal and its payment: https://docs.stripe.com/billing/subscriptions/webhooks */
const secondsToPayment = 3600;

/** When the next period would begin. */
export const nextPeriodStart = currentPeriodEnd;

/** The renewal of a subscription as it stands, an invoice that is not kept. */
export function buildUpcomingInvoice(
  world: World,
  subscription: Stripe.Subscription,
  customer: Stripe.Customer,
): Stripe.Invoice {
  const renewed = renew(world, subscription);
  const items = renewed.items.data.map(({ price, quantity }) => ({
    // Inside an item a price is without its other currencies.
    price: world.tables.price.find(price.id) ?? price,
    quantity: quantity ?? 1,
  }));
  const coupon = couponOf(world, renewed);
  const order: Order = { items, currency: subscription.currency, coupon, trialEnd: null };
  const id = `upcoming_${newId.invoice()}`;
  const invoice = buildFirstInvoice(world, id, renewed, customer, order);
  const due = Math.max(0, invoice.total + customer.balance);
  const end = nextPeriodStart(subscription);
  return {
    ...invoice,
    amount_due: due,
    amount_remaining: due,
    billing_reason: "upcoming",
    created: end,
    next_payment_attempt: end + secondsToPayment,
    period_end: end,
    period_start: Math.min(...subscription.items.data.map((item) => item.current_period_start)),
    starting_balance: customer.balance,
    webhooks_delivered_at: null,
  };
}

/** In its next period, with the discount that still holds then. */
function renew(world: World, subscription: Stripe.Subscription): Stripe.Subscription {
  const start = nextPeriodStart(subscription);
  const discounts = subscription.discounts.filter((reference) => {
    const discount = world.tables.discount.find(idOf(reference));
    if (!discount || (discount.end !== null && discount.end <= start)) return false;
    const isOnce = couponBehind(world, discount)?.duration === "once";
    return !isOnce || subscription.status === "trialing"; // nothing was charged in a trial
  });
  const data = subscription.items.data.map((item) => ({
    ...item,
    current_period_start: item.current_period_end,
    current_period_end: followingEnd(subscription, item),
  }));
  return { ...subscription, discounts, items: { ...subscription.items, data } };
}

/** Counted from the anchor, so that a month's end is not lost in February. */
function followingEnd({ billing_cycle_anchor }: Stripe.Subscription, item: Stripe.SubscriptionItem): number {
  const interval = item.price.recurring ?? { interval: "month", interval_count: 1 };
  for (let count = 1; ; count += 1) {
    const end = addIntervals(billing_cycle_anchor, interval, count);
    if (end > item.current_period_end) return end;
  }
}

function couponOf(world: World, { discounts }: Stripe.Subscription): Stripe.Coupon | null {
  const reference = discounts.at(-1);
  const discount = reference === undefined ? undefined : world.tables.discount.find(idOf(reference));
  return (discount && couponBehind(world, discount)) ?? null;
}

function couponBehind(world: World, { source }: Stripe.Discount): Stripe.Coupon | undefined {
  return source.coupon === null ? undefined : world.tables.coupon.find(idOf(source.coupon));
}
