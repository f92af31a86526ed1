import type Stripe from "stripe";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { announceDiscounts } from "./announce-discounts.js";
import { holding } from "./applied-discounts.js";
import { createInvoice } from "./create-invoice.js";
import { endSubscription } from "./end-subscription.js";
import type { InvoiceDraft } from "./invoice.js";
import { planRenewal } from "./plan-renewal.js";
import { idOf } from "./price-amounts.js";
import { stopForWantOfCard } from "./trial-without-card.js";

/** Whether one period follows another. */
export function isRunning({ status, ended_at }: Stripe.Subscription): boolean {
  return ended_at === null && ["active", "trialing", "past_due", "unpaid"].includes(status);
}

/**
 * Begins the next period: the subscription moves on at once, its invoice is a draft for an hour.
 *
 * A trial that ends with no card to charge is canceled, paused or invoiced, as was asked when it began.
 */
export function renewSubscription(world: World, before: Stripe.Subscription): void {
  const customer = world.tables.customer.find(idOf(before.customer));
  const plan = customer && planRenewal(world, before, customer, { id: newId.invoice() });
  if (!plan) {
    endSubscription(world, before, before.cancellation_details);
    return;
  }
  if (stopForWantOfCard(world, before, plan.draft)) return;
  const after = world.tables.subscription.put(plan.subscription);
  createInvoice(world, plan.draft);
  recordEvent(world, "customer.subscription.updated", after, before);
  announceDiscounts(world, before.discounts, after.discounts);
  takeEndedDiscount(world, plan.draft);
}

/** A customer's own discount that is over, or was used up by an invoice before this one, goes as a subscription's does. */
function takeEndedDiscount(world: World, { customer: { id }, discounts, created }: InvoiceDraft): void {
  const customer = world.tables.customer.find(id);
  const discount = customer?.discount;
  if (!discount || holding(world, [discount], created).length > 0) return;
  if (discounts.some((used) => used.id === discount.id)) return;
  world.tables.customer.put({ ...customer, discount: null });
  recordEvent(world, "customer.discount.deleted", discount);
}
