import type Stripe from "stripe";
import { lineSnapshot } from "./invoice-snapshot.js";
import { type InvoiceLineSnapshot, idOf, instantOf } from "./snapshots.js";

/** A subscription to move to a price at once. */
export interface PlanOrder {
  readonly stripeSubscriptionId: string;
  /** The price it is at, and the one it moves to. */
  readonly fromStripePriceId: string;
  readonly stripePriceId: string;
  readonly quantity: number;
  /** How often the price is charged. */
  readonly interval: "day" | "week" | "month" | "year";
  /** Takes the place of what discounts there are; null leaves them. */
  readonly promotionCodeId: string | null;
  /** What is credited and charged is counted from here, to the second. */
  readonly prorationAt: Date;
  /** Whether a trial ends with the change, and the new price is charged at once. */
  readonly endsTrial: boolean;
}

/** What a change would charge at once. */
export interface DueNow {
  /** What is to be paid after the customer's credit; below 0 what is credited. */
  readonly amount: number;
  readonly lines: readonly InvoiceLineSnapshot[];
}

/** What came of a change: it is in force, or it waits for its payment. */
export interface PlanChangeResult {
  /** The invoice that the change made; null where nothing was invoiced. */
  readonly invoiceId: string | null;
  readonly held: HeldPayment | null;
}

/** Why a payment did not go through. */
export interface HeldPayment {
  readonly invoiceId: string;
  /** The page where the customer confirms it; null when the card was declined. */
  readonly confirmationUrl: string | null;
}

/** The parameters that a change and its preview have in common. */
export function changeParams(order: PlanOrder, itemId: string) {
  return {
    items: [{ id: itemId, price: order.stripePriceId, quantity: order.quantity }],
    proration_behavior: "always_invoice" as const,
    proration_date: Math.floor(order.prorationAt.getTime() / 1000),
    ...(order.endsTrial && { trial_end: "now" as const }),
  };
}

/** The discounts of an order, where it has any of its own. */
export function discountParams({ promotionCodeId }: Pick<PlanOrder, "promotionCodeId">) {
  return promotionCodeId === null ? {} : { discounts: [{ promotion_code: promotionCodeId }] };
}

/** The item that carries the plan: beside it there may be others, for use that is billed afterwards. */
export function planItem({ items }: Stripe.Subscription, stripePriceId: string): Stripe.SubscriptionItem {
  const item = items.data.find(({ price }) => price.id === stripePriceId) ?? items.data[0];
  if (!item) throw new Error("Stripe gave a subscription without items.");
  return item;
}

/** Whether a change is in force, or held back until it is paid for. */
export function isChanged(subscription: Stripe.Subscription, { stripePriceId, quantity }: PlanOrder): boolean {
  const held = pendingUpdateOf(subscription);
  if (held) return held.stripePriceId === stripePriceId && held.quantity === quantity;
  return subscription.items.data.some((item) => item.price.id === stripePriceId && item.quantity === quantity);
}

/** Reads the preview of a change that is invoiced at once. */
export function dueNow(preview: Stripe.Invoice): DueNow {
  const amount = preview.total < 0 ? preview.total : preview.amount_due;
  return { amount, lines: preview.lines.data.map(lineSnapshot) };
}

/** The change that waits for its payment, which is its subscription's latest invoice: https://docs.stripe.com/billing/subscriptions/pending-updates */
export function pendingUpdateOf({ pending_update: update, items, currency, latest_invoice }: Stripe.Subscription) {
  const item = update?.subscription_items?.[0];
  const stripePriceId = idOf(item?.price) ?? items.data[0]?.price.id;
  const unpaidInvoiceId = idOf(latest_invoice);
  if (!update || !stripePriceId || !unpaidInvoiceId) return null;
  return {
    stripePriceId,
    quantity: item?.quantity ?? 1,
    currency,
    effectiveAt: instantOf(update.expires_at),
    unpaidInvoiceId,
  };
}
