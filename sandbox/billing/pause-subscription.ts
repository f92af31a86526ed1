import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { advanceDraft } from "./advance-invoice.js";
import { giveBack, invoicePending } from "./give-back.js";

/** Pauses a running subscription, giving back the time that is not used. https://docs.stripe.com/changelog/dahlia/2026-05-27/pause-subscriptions */
export function pauseSubscription(
  world: World,
  before: Stripe.Subscription,
  asked: { givesBack: boolean; isInvoiced: boolean },
): Stripe.Subscription {
  if (asked.givesBack) giveBack(world, before);
  const draft = asked.isInvoiced ? invoicePending(world, before) : null;
  const current = world.tables.subscription.find(before.id) ?? before;
  const after = world.tables.subscription.put(paused(world, current, "pause_requested"));
  if (draft) advanceDraft(world, draft);
  recordEvent(world, "customer.subscription.paused", after);
  recordEvent(world, "customer.subscription.updated", after, before);
  return after;
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
