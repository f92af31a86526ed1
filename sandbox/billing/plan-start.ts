import type Stripe from "stripe";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";
import { buildDiscount, type Redemption } from "./discounts.js";
import { buildExtra } from "./extra-items.js";
import type { InvoiceDraft } from "./invoice.js";
import { lineOfInvoiceItem, recurringLines } from "./line-drafts.js";
import type { Order } from "./order.js";
import { intervalOf, periodEndAfter } from "./periods.js";
import { buildSubscription, type SubscriptionTerms } from "./subscription.js";
import type { Stub } from "./subscription-memory.js";

/** What somebody is about to subscribe to. */
export interface StartRequest {
  customer: Stripe.Customer;
  order: Order;
  terms: SubscriptionTerms;
  redemption: Redemption | null;
  checkoutSession: string | null;
}

/** A subscription as it will be, and what its first invoice asks for. */
export interface StartPlan {
  request: StartRequest;
  subscription: Stripe.Subscription;
  discount: Stripe.Discount | null;
  extras: Stripe.InvoiceItem[];
  stub: Stub | null;
  /** null: there is nothing to invoice, and an empty invoice is not made. */
  draft: InvoiceDraft | null;
}

/** Works a beginning out without making it; what is previewed and what is charged both come from here. */
export function planStart(world: World, request: StartRequest): StartPlan {
  const { customer, order, terms, redemption, checkoutSession } = request;
  const built = buildSubscription(world, order, terms);
  const to = { customer: customer.id, subscription: built.id, checkoutSession };
  const discount = redemption && buildDiscount(world, redemption, to);
  const extras = (order.extras ?? []).map((extra) => buildExtra(world, built, extra));
  const stub = stubOf(world, order);
  const lines = [
    ...recurringLines(world, built, { isTrial: order.trialEnd !== null, stub }),
    ...extras.map((item) => lineOfInvoiceItem(world, item)),
  ];
  const id = newId.invoice();
  const subscription = {
    ...built,
    discounts: discount ? [discount.id] : [],
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
    discount: redemption && discount ? { id: discount.id, coupon: redemption.coupon } : null,
    period: { start: now, end: now },
    created: now,
    finalizesAt: now,
  };
  return { request, subscription, discount, extras, stub, draft: lines.length > 0 ? draft : null };
}

/** The time from now, or from the trial's end, to where whole periods begin; null if they begin at once. */
function stubOf(world: World, { anchor, items, trialEnd }: Order): Stub | null {
  const [first] = items;
  const start = trialEnd ?? nowInSeconds(world);
  if (!anchor || !first || anchor.at === start) return null;
  return { end: periodEndAfter(anchor.at, intervalOf(first.price), start), isFree: !anchor.isProrated };
}
