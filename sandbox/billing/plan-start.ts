import type Stripe from "stripe";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";
import { type AppliedDiscount, customersDiscounts } from "./applied-discounts.js";
import { type ChosenDiscount, couponsOf } from "./choose-discounts.js";
import { buildDiscount } from "./discounts.js";
import { buildExtra } from "./extra-items.js";
import type { InvoiceDraft } from "./invoice.js";
import { lineOfInvoiceItem, recurringLines } from "./line-drafts.js";
import type { Order } from "./order.js";
import { intervalOf, periodEndAfter } from "./periods.js";
import { buildSubscription, type SubscriptionTerms } from "./subscription.js";
import type { ShortPeriod } from "./subscription-memory.js";

/** What somebody is about to subscribe to. */
export interface StartRequest {
  customer: Stripe.Customer;
  order: Order;
  terms: SubscriptionTerms;
  /** In order; none: its customer's own, if there is one. */
  discounts: ChosenDiscount[];
  checkoutSession: string | null;
}

/** A subscription as it will be, and what its first invoice asks for. */
export interface StartPlan {
  request: StartRequest;
  subscription: Stripe.Subscription;
  /** As they will be, in the order of the request's. */
  discounts: Stripe.Discount[];
  extras: Stripe.InvoiceItem[];
  shortPeriod: ShortPeriod | null;
  /** null: there is nothing to invoice, and an empty invoice is not made. */
  draft: InvoiceDraft | null;
}

/** Works a beginning out without making it; what is previewed and what is charged both come from here. */
export function planStart(world: World, request: StartRequest): StartPlan {
  const { customer, order, terms, checkoutSession } = request;
  const built = buildSubscription(world, order, terms);
  const to = { customer: customer.id, subscription: built.id, checkoutSession, invoice: null };
  const discounts = request.discounts.map((one) =>
    one.kind === "new" ? buildDiscount(world, one.redemption, to) : one.discount,
  );
  const extras = (order.extras ?? []).map((extra) => buildExtra(world, built, extra));
  const shortPeriod = shortPeriodOf(world, order);
  const lines = [
    ...recurringLines(world, built, { isTrial: order.trialEnd !== null, shortPeriod }),
    ...extras.map((item) => lineOfInvoiceItem(world, item)),
  ];
  const id = newId.invoice();
  const subscription = {
    ...built,
    discounts: discounts.map(({ id }) => id),
    latest_invoice: lines.length > 0 ? id : null,
  };
  const now = nowInSeconds(world);
  const draft: InvoiceDraft = {
    id,
    customer,
    subscription,
    currency: order.currency,
    reason: "subscription_create",
    lines,
    discounts: comingOff(world, request, discounts),
    period: { start: now, end: now },
    created: now,
    finalizesAt: now,
  };
  return { request, subscription, discounts, extras, shortPeriod, draft: lines.length > 0 ? draft : null };
}

/** What comes off the first invoice. */
function comingOff(
  world: World,
  { customer, discounts: chosen }: StartRequest,
  discounts: Stripe.Discount[],
): AppliedDiscount[] {
  if (chosen.length === 0) return customersDiscounts(world, customer.id, nowInSeconds(world));
  const coupons = couponsOf(chosen);
  return discounts.flatMap(({ id }, index) => {
    const coupon = coupons[index];
    return coupon ? [{ id, coupon }] : [];
  });
}

/** The time from now, or from the trial's end, to where whole periods begin; null if they begin at once. */
function shortPeriodOf(world: World, { anchor, items, trialEnd }: Order): ShortPeriod | null {
  const [first] = items;
  const start = trialEnd ?? nowInSeconds(world);
  if (!anchor || !first || anchor.at === start) return null;
  return { end: periodEndAfter(anchor.at, intervalOf(first.price), start), isFree: !anchor.isProrated };
}
