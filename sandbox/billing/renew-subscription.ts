import type Stripe from "stripe";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { payerOf } from "./collect-invoice.js";
import { createInvoice } from "./create-invoice.js";
import { endSubscription } from "./end-subscription.js";
import { buildInvoice, type InvoiceDraft } from "./invoice.js";
import { paused } from "./pause-subscription.js";
import { planRenewal } from "./plan-renewal.js";
import { idOf } from "./price-amounts.js";

/** Whether one period follows another. */
export function isRunning({ status, ended_at }: Stripe.Subscription): boolean {
  return ended_at === null && ["active", "trialing", "past_due", "unpaid"].includes(status);
}

/**
 * Begins the next period: the subscription moves on at once, its invoice is a draft for an hour.
 *
 * A trial that ends with no card to charge is canceled, paused or invoiced, as was asked when it began:
 * https://docs.stripe.com/billing/subscriptions/trials#create-free-trials-without-payment
 */
export function renewSubscription(world: World, before: Stripe.Subscription): void {
  const customer = world.tables.customer.find(idOf(before.customer));
  const plan = customer && planRenewal(world, before, customer, { id: newId.invoice() });
  if (!plan) {
    endSubscription(world, before, before.cancellation_details);
    return;
  }
  if (endTrialWithoutCard(world, before, plan.draft)) return;
  const after = world.tables.subscription.put(plan.subscription);
  createInvoice(world, plan.draft);
  recordEvent(world, "customer.subscription.updated", after, before);
}

/** Ends a trial at once, if there is no card to charge and that was to cancel or pause it; says whether it did. */
export function endTrialNow(world: World, before: Stripe.Subscription): boolean {
  const customer = world.tables.customer.find(idOf(before.customer));
  const plan = customer && planRenewal(world, before, customer, { id: newId.invoice() });
  return plan ? endTrialWithoutCard(world, before, plan.draft) : false;
}

function endTrialWithoutCard(world: World, before: Stripe.Subscription, draft: InvoiceDraft): boolean {
  const missing = before.status === "trialing" ? missingCard(world, before, draft) : null;
  if (missing === "cancel") endSubscription(world, before, before.cancellation_details);
  if (missing === "pause") pauseAfterTrial(world, before);
  return missing === "cancel" || missing === "pause";
}

/** What was asked for if there is no card when the trial ends; null if there is one. */
function missingCard(world: World, { trial_settings }: Stripe.Subscription, draft: InvoiceDraft): string | null {
  const isPayable = payerOf(world, buildInvoice(world, draft)) !== null;
  return isPayable ? null : (trial_settings?.end_behavior.missing_payment_method ?? null);
}

function pauseAfterTrial(world: World, before: Stripe.Subscription): void {
  const after = world.tables.subscription.put(paused(world, before, "trial_end_without_payment_method"));
  recordEvent(world, "customer.subscription.paused", after);
  recordEvent(world, "customer.subscription.updated", after, before);
}
