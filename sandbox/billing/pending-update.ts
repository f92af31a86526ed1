import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { voidInvoice } from "./finalize-invoice.js";
import { memoryOf, remember, type SubscriptionMemory } from "./subscription-memory.js";

const hoursToPay = 23;

/** What the items were charged before a change that may not come about. */
export function holdUpdate(world: World, before: Stripe.Subscription): SubscriptionMemory["debits"] {
  return memoryOf(world, before.id).debits;
}

/**
 * Keeps a change back until its invoice is paid; until then everything stays as it was.
 *
 * https://docs.stripe.com/billing/subscriptions/pending-updates
 */
export function releaseUpdate(
  world: World,
  held: {
    before: Stripe.Subscription;
    after: Stripe.Subscription;
    invoice: Stripe.Invoice;
    debits: SubscriptionMemory["debits"];
  },
): void {
  const { before, after, invoice } = held;
  const anchor = after.billing_cycle_anchor;
  remember(world, before.id, {
    awaits: invoice.id,
    debits: held.debits,
    debitsAwaited: memoryOf(world, before.id).debits,
  });
  world.tables.subscription.put({
    ...before,
    latest_invoice: invoice.id,
    pending_update: {
      billing_cycle_anchor: anchor === before.billing_cycle_anchor ? null : anchor,
      cancel_at_period_end: null,
      discount: null,
      discounts: null,
      expires_at: nowInSeconds(world) + hoursToPay * 3600,
      metadata: null,
      subscription_items: after.items.data,
      trial_end: after.trial_end === before.trial_end ? null : after.trial_end,
      trial_from_plan: null,
    },
  });
}

/** Its invoice was paid: the change is made. */
export function applyPendingUpdate(world: World, before: Stripe.Subscription): void {
  const { pending_update: update } = before;
  if (!update) return;
  const isTrialOver = update.trial_end !== null && update.trial_end <= nowInSeconds(world);
  const after = world.tables.subscription.put({
    ...before,
    billing_cycle_anchor: update.billing_cycle_anchor ?? before.billing_cycle_anchor,
    items: { ...before.items, data: update.subscription_items ?? before.items.data },
    pending_update: null,
    status: isTrialOver && before.status === "trialing" ? "active" : before.status,
    trial_end: update.trial_end ?? before.trial_end,
  });
  const { debits, debitsAwaited } = memoryOf(world, before.id);
  remember(world, before.id, { awaits: null, debits: debitsAwaited ?? debits, debitsAwaited: null });
  recordEvent(world, "customer.subscription.pending_update_applied", after);
  recordEvent(world, "customer.subscription.updated", after, before);
}

/** It was not paid in time: the change is given up, and its invoice with it. */
export function expirePendingUpdate(world: World, before: Stripe.Subscription): void {
  const { awaits } = memoryOf(world, before.id);
  const after = world.tables.subscription.put({ ...before, pending_update: null });
  remember(world, before.id, { awaits: null, debitsAwaited: null });
  const invoice = awaits === null ? undefined : world.tables.invoice.find(awaits);
  if (invoice?.status === "open") voidInvoice(world, invoice);
  recordEvent(world, "customer.subscription.pending_update_expired", after);
  recordEvent(world, "customer.subscription.updated", after, before);
}
