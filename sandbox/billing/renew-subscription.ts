import type Stripe from "stripe";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { createInvoice } from "./create-invoice.js";
import { endSubscription } from "./end-subscription.js";
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
}
