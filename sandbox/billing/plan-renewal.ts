import type Stripe from "stripe";
import type { World } from "../world.js";
import { discountsOf, holding } from "./applied-discounts.js";
import type { InvoiceDraft } from "./invoice.js";
import { type LineDraft, lineOfInvoiceItem, recurringLines } from "./line-drafts.js";
import { meteredLines } from "./metered-lines.js";
import { intervalOf, periodEndAfter } from "./periods.js";
import { idOf } from "./price-amounts.js";
import { currentPeriodEnd } from "./subscription.js";
import type { SubscriptionMemory } from "./subscription-memory.js";

/** Stripe leaves an hour between the draft of a renewal and its payment: https://docs.stripe.com/billing/subscriptions/webhooks */
export const secondsToPayment = 3600;

/** What a renewal makes of a subscription, and of whom it asks what. */
export interface RenewalPlan {
  subscription: Stripe.Subscription;
  draft: InvoiceDraft;
}

export interface RenewalTerms {
  /** The invoice's. */
  id: string;
  /** Left out: what is pending now. */
  pending?: Stripe.InvoiceItem[];
  /** Since when what is used counts, of each metered item; left out: as it is now. */
  countedFrom?: SubscriptionMemory["countedFrom"];
}

/** The next period, and the invoice for it with what is pending; nothing is changed by looking. */
export function planRenewal(
  world: World,
  subscription: Stripe.Subscription,
  customer: Stripe.Customer,
  { id, pending = pendingItems(world, subscription), countedFrom }: RenewalTerms,
): RenewalPlan {
  const renewed = renew(world, subscription);
  const start = currentPeriodEnd(subscription);
  const isAutomatic = subscription.status !== "unpaid" && subscription.pause_collection?.behavior !== "keep_as_draft";
  const draft: InvoiceDraft = {
    id,
    customer,
    subscription: renewed,
    currency: subscription.currency,
    reason: "subscription_cycle",
    lines: [
      ...pending.map((item) => lineOfInvoiceItem(world, item)),
      ...meteredLines(world, subscription, undefined, countedFrom && { countedFrom }),
      ...recurringLines(world, renewed, { isTrial: false }),
    ],
    discounts: discountsOf(world, renewed, start),
    period: { start: Math.min(...subscription.items.data.map((item) => item.current_period_start)), end: start },
    created: start,
    finalizesAt: isAutomatic ? start + secondsToPayment : null,
  };
  return { subscription: { ...renewed, latest_invoice: id }, draft };
}

/** Invoice items that the subscription's next invoice takes with it. */
export function pendingItems(world: World, subscription: Stripe.Subscription): Stripe.InvoiceItem[] {
  return world.tables.invoiceitem.of(idOf(subscription.customer)).filter((item) => {
    const owner = item.parent?.subscription_details?.subscription ?? subscription.id;
    return item.invoice === null && owner === subscription.id && item.currency === subscription.currency;
  });
}

export function pendingLines(world: World, subscription: Stripe.Subscription): LineDraft[] {
  return pendingItems(world, subscription).map((item) => lineOfInvoiceItem(world, item));
}

/** In its next period, with the discounts that still hold then. */
function renew(world: World, subscription: Stripe.Subscription): Stripe.Subscription {
  const { billing_cycle_anchor, items } = subscription;
  const start = currentPeriodEnd(subscription);
  const data = items.data.map((item) => ({
    ...item,
    current_period_start: start,
    current_period_end: periodEndAfter(billing_cycle_anchor, intervalOf(item.price), start),
  }));
  const discounts = holding(world, subscription.discounts, start).map(({ id }) => id);
  const status = subscription.status === "trialing" ? "active" : subscription.status;
  return { ...subscription, discounts, items: { ...items, data }, status };
}
