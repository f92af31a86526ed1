import type Stripe from "stripe";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { advanceDraft } from "./advance-invoice.js";
import { createInvoice } from "./create-invoice.js";
import { unusedTime } from "./give-back.js";
import { draftNow, keepProrations } from "./make-update.js";
import { dropPendingUpdate } from "./pending-update.js";
import { pendingLines } from "./plan-renewal.js";
import { usageLeftBehind } from "./usage-left-behind.js";

/** What a pause settles, and whether at once or with the next invoice. */
export interface PauseTerms {
  givesBack: boolean;
  billsUsage: boolean;
  isInvoiced: boolean;
}

/**
 * Pauses a running subscription: its period ends now. What is not used of it is given back, what was used is billed.
 *
 * https://docs.stripe.com/billing/subscriptions/pause
 */
export function pauseSubscription(world: World, before: Stripe.Subscription, terms: PauseTerms): Stripe.Subscription {
  const current = dropPendingUpdate(world, before);
  settle(world, current, terms);
  const draft = terms.isInvoiced ? invoiceOf(world, current) : null;
  const latest_invoice = draft?.id ?? current.latest_invoice;
  const after = world.tables.subscription.put(
    paused(world, { ...endedNow(world, current), latest_invoice }, "pause_requested"),
  );
  if (draft) advanceDraft(world, draft);
  recordEvent(world, "customer.subscription.paused", after);
  recordEvent(world, "customer.subscription.updated", after, before);
  return after;
}

/**
 * Credits and usage become pending. This second is still used, for no period follows. Time that is not given back now is
 * not given back later either: its period is over.
 */
function settle(world: World, subscription: Stripe.Subscription, { givesBack, billsUsage }: PauseTerms): void {
  const unused = unusedTime(world, subscription);
  const given = givesBack ? unused : { ...unused, prorations: [] };
  const used = billsUsage ? usageLeftBehind(world, subscription, [], nowInSeconds(world) + 1) : [];
  keepProrations(world, { ...given, prorations: [...given.prorations, ...used] });
}

function invoiceOf(world: World, subscription: Stripe.Subscription): Stripe.Invoice | null {
  const draft = draftNow(world, subscription, newId.invoice(), pendingLines(world, subscription));
  return draft && createInvoice(world, draft);
}

function endedNow(world: World, subscription: Stripe.Subscription): Stripe.Subscription {
  const current_period_end = nowInSeconds(world);
  const data = subscription.items.data.map((item) => ({ ...item, current_period_end }));
  return { ...subscription, items: { ...subscription.items, data } };
}

/** Paused, and why: nothing is invoiced until it is resumed. */
export function paused(
  world: World,
  subscription: Stripe.Subscription,
  why: Stripe.Subscription.StatusDetails.Paused.Subscription.Type,
): Stripe.Subscription {
  return {
    ...subscription,
    status: "paused",
    status_details: {
      paused: { subscription: { type: why }, transitioned_at: nowInSeconds(world), type: "subscription" },
    },
  };
}
