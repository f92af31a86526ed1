import type Stripe from "stripe";
import { mergeMetadata } from "../api/metadata.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { announceDiscounts } from "./announce-discounts.js";
import { withCancelAt } from "./cancel-at.js";
import { voidInvoice } from "./finalize-invoice.js";
import { redeemHeld } from "./held-terms.js";
import { pendingItems } from "./plan-renewal.js";
import { memoryOf, remember, type SubscriptionMemory } from "./subscription-memory.js";

/** https://docs.stripe.com/billing/subscriptions/pending-updates-reference */
export const secondsToPay = 23 * 3600;

/** What is to be as it was, should a change not come about. */
export interface Earlier {
  /** What the items were charged. */
  debits: SubscriptionMemory["debits"];
  /** Which invoice items were pending. */
  items: string[];
}

/** How things are before a change that may not come about. */
export function holdUpdate(world: World, before: Stripe.Subscription): Earlier {
  return { debits: memoryOf(world, before.id).debits, items: pendingItems(world, before).map(({ id }) => id) };
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
    earlier: Earlier;
    expiresAt?: number;
  },
): void {
  const { before, after, invoice, earlier, expiresAt = expiryOf(world, before) } = held;
  const anchor = after.billing_cycle_anchor;
  remember(world, before.id, {
    awaits: invoice.id,
    debits: earlier.debits,
    debitsAwaited: memoryOf(world, before.id).debits,
    itemsAwaited: earlier.items,
  });
  world.tables.subscription.put({
    ...before,
    latest_invoice: invoice.id,
    pending_update: {
      billing_cycle_anchor: anchor === before.billing_cycle_anchor ? null : anchor,
      cancel_at_period_end: null,
      discount: null,
      discounts: null,
      expires_at: expiresAt,
      metadata: null,
      subscription_items: after.items === before.items ? null : after.items.data,
      trial_end: after.trial_end === before.trial_end ? null : after.trial_end,
      trial_from_plan: null,
    },
  });
}

/** 23 hours, or until its period or its trial ends. https://docs.stripe.com/billing/subscriptions/pending-updates-reference */
function expiryOf(world: World, { items, trial_end }: Stripe.Subscription): number {
  const now = nowInSeconds(world);
  const ends = [...items.data.map((item) => item.current_period_end), trial_end ?? 0].filter((end) => end > now);
  return Math.min(now + secondsToPay, ...ends);
}

/** Its invoice was paid: the change is made. */
export function applyPendingUpdate(world: World, before: Stripe.Subscription): void {
  const { pending_update: update } = before;
  if (!update) return;
  const isTrialOver = update.trial_end !== null && update.trial_end <= nowInSeconds(world);
  const changed: Stripe.Subscription = {
    ...before,
    billing_cycle_anchor: update.billing_cycle_anchor ?? before.billing_cycle_anchor,
    discounts: redeemHeld(world, before, update.discounts),
    items: { ...before.items, data: update.subscription_items ?? before.items.data },
    metadata: mergeMetadata(before.metadata, update.metadata ?? undefined),
    pending_update: null,
    status: isTrialOver && before.status === "trialing" ? "active" : before.status,
    trial_end: update.trial_end ?? before.trial_end,
  };
  const ending = { cancel_at_period_end: update.cancel_at_period_end ?? undefined };
  const after = world.tables.subscription.put(withCancelAt(world, changed, ending));
  const { debits, debitsAwaited } = memoryOf(world, before.id);
  const debited = debitsAwaited ?? debits;
  remember(world, before.id, { awaits: null, debits: debited, debitsAwaited: null, itemsAwaited: [] });
  announceDiscounts(world, before.discounts, after.discounts);
  recordEvent(world, "customer.subscription.pending_update_applied", after);
  recordEvent(world, "customer.subscription.updated", after, before);
}

/** It was not paid in time, or something else came about: the change is given up, and its invoice with it. */
export function expirePendingUpdate(world: World, before: Stripe.Subscription): void {
  const after = dropPendingUpdate(world, before);
  recordEvent(world, "customer.subscription.pending_update_expired", after);
  recordEvent(world, "customer.subscription.updated", after, before);
}

/** Gives up what waits to be paid, if anything does, and voids its invoice; whoever does it tells of it. */
export function dropPendingUpdate(world: World, before: Stripe.Subscription): Stripe.Subscription {
  if (!before.pending_update) return before;
  const { awaits, itemsAwaited } = memoryOf(world, before.id);
  const after = world.tables.subscription.put({ ...before, pending_update: null });
  remember(world, before.id, { awaits: null, debitsAwaited: null, itemsAwaited: [], resumesOn: null });
  const invoice = awaits === null ? undefined : world.tables.invoice.find(awaits);
  if (invoice?.status === "open") voidInvoice(world, invoice);
  // What had been pending before is so again.
  for (const id of itemsAwaited) {
    const item = world.tables.invoiceitem.find(id);
    if (item) world.tables.invoiceitem.put({ ...item, invoice: null });
  }
  return after;
}
