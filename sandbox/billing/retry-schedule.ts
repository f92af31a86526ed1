import type Stripe from "stripe";
import { addDays } from "../calendar.js";
import { nowInSeconds, type World } from "../world.js";
import { isSent } from "./collection.js";
import { subscriptionOf } from "./end-subscription.js";

/** What an account decides in Stripe's dashboard about payments that fail. https://docs.stripe.com/billing/revenue-recovery/smart-retries */
export interface BillingSettings {
  /** Days from one attempt to the next. */
  retryAfterDays: number[];
  /** What becomes of the subscription when the last has failed. */
  afterLastRetry: "cancel" | "unpaid" | "past_due";
}

/** Stripe's own retries follow no published plan; these are the days of its former fixed one. */
export const defaultBillingSettings: BillingSettings = { retryAfterDays: [3, 5, 7], afterLastRetry: "unpaid" };

/** When a failed invoice is tried again; null: not by itself. A first invoice is the customer's to pay, within 23 hours. */
export function nextAttemptAfter(world: World, invoice: Stripe.Invoice): number | null {
  const id = subscriptionOf(invoice);
  const isFirst = invoice.billing_reason === "subscription_create" && invoice.attempt_count === 0;
  const subscription = id === null ? undefined : world.tables.subscription.find(id);
  if (!invoice.auto_advance || isSent(invoice) || (isFirst && subscription?.status === "incomplete")) return null;
  const days = world.billing.retryAfterDays[invoice.attempt_count];
  return days === undefined ? null : addDays(nowInSeconds(world), days);
}
