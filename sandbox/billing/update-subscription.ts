import type Stripe from "stripe";
import { cardError, invalidRequest, noPaymentMethod } from "../api/errors.js";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { advanceDraft } from "./advance-invoice.js";
import { intentOf, payerOf } from "./collect-invoice.js";
import { isSent } from "./collection.js";
import { finalizeInvoice } from "./finalize-invoice.js";
import { buildInvoice } from "./invoice.js";
import { draftOfUpdate, makeUpdate } from "./make-update.js";
import { cardBehind } from "./payment-method.js";
import { dropPendingUpdate, holdUpdate, releaseUpdate } from "./pending-update.js";
import { planUpdate, type SubscriptionChange, type UpdatePlan } from "./plan-update.js";
import { stopForWantOfCard } from "./trial-without-card.js";
import { needsAuthentication } from "./try-payment.js";

export type PaymentBehavior =
  | "allow_incomplete"
  | "default_incomplete"
  | "error_if_incomplete"
  | "pending_if_incomplete";

/**
 * Changes what a subscription is for, and bills at once what is to be billed at once.
 *
 * If that payment fails the change stays and the subscription is past due, unless `behavior` says otherwise:
 * https://docs.stripe.com/billing/subscriptions/pending-updates
 */
export function updateItems(
  world: World,
  current: Stripe.Subscription,
  change: SubscriptionChange,
  behavior: PaymentBehavior,
): Stripe.Subscription {
  // What is paused is not billed: resuming it begins a period of what it is for by then.
  if (current.status === "paused") {
    return world.tables.subscription.put({ ...current, items: { ...current.items, data: change.items } });
  }
  // A change that still waits for its payment gives way to this one.
  const before = { ...current, pending_update: null };
  const plan = planUpdate(world, before, change);
  const draft = draftOfUpdate(world, plan, newId.invoice());
  const isTrialCut = change.trialEnd === "now" && before.status === "trialing";
  if (isTrialCut && draft && stopForWantOfCard(world, before, draft)) {
    return world.tables.subscription.find(before.id) ?? before;
  }
  const preview = draft && buildInvoice(world, draft);
  const isDue = preview !== null && preview.amount_due > 0;
  const refusal = isDue && !isSent(preview) ? refusalOf(world, preview) : null;
  if (behavior === "error_if_incomplete" && refusal) throw refusal;
  const isHeld = behavior === "pending_if_incomplete" && refusal !== null;
  if (isHeld) refuseUsageLeftBehind(plan);
  dropPendingUpdate(world, current);
  const earlier = isHeld ? holdUpdate(world, before) : null;

  const { subscription, draft: made } = makeUpdate(world, plan);
  if (made && earlier) releaseUpdate(world, { before, after: subscription, invoice: made, earlier });
  if (made) askForPayment(world, subscription, made, behavior);
  return world.tables.subscription.find(before.id) ?? subscription;
}

/** Whether what was used is to be billed now is known only once the change has come about. */
function refuseUsageLeftBehind({ prorations }: UpdatePlan): void {
  if (prorations.every(({ proration }) => proration)) return;
  throw invalidRequest(
    "The sandbox does not hold back a change to a metered item that was used in this period. Stripe does; see " +
      "sandbox/README.md.",
    { param: "items" },
  );
}

function askForPayment(
  world: World,
  subscription: Stripe.Subscription,
  draft: Stripe.Invoice,
  behavior: PaymentBehavior,
): void {
  if (isSent(draft)) return; // a draft for an hour, then sent
  const isKept = subscription.pause_collection?.behavior === "keep_as_draft" || subscription.status === "unpaid";
  if (isKept) {
    world.tables.invoice.put({ ...draft, auto_advance: false, automatically_finalizes_at: null });
    return;
  }
  if (behavior !== "default_incomplete") {
    advanceDraft(world, draft);
    return;
  }
  const open = finalizeInvoice(world, draft);
  if (open.status !== "open") return;
  intentOf(world, open);
  const current = world.tables.subscription.find(subscription.id) ?? subscription;
  if (current.status === "active") world.tables.subscription.put({ ...current, status: "past_due" });
}

/** What a payment would be refused with; null if it would go through. */
export function refusalOf(world: World, invoice: Stripe.Invoice): Error | null {
  const method = payerOf(world, invoice);
  if (!method) return noPaymentMethod();
  if (needsAuthentication(world, method, "off_session")) {
    return cardError({
      code: "subscription_payment_intent_requires_action",
      message: "Payment for this subscription requires additional user action before it can be completed successfully.",
    });
  }
  const decline = cardBehind(method)?.decline;
  return decline ? cardError({ ...decline }) : null;
}

/** Tells of the change last, as Stripe was seen to. */
export function announceUpdate(world: World, id: string, before: Stripe.Subscription): Stripe.Subscription {
  const after = world.tables.subscription.find(id) ?? before;
  recordEvent(world, "customer.subscription.updated", after, before);
  return after;
}
