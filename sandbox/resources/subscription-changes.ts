import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import { clearable, hash, notHere, oneOf, type Read, text } from "../api/params.js";
import { announceDiscounts } from "../billing/announce-discounts.js";
import { describedBy, withCancelAt } from "../billing/cancel-at.js";
import { cancelNow } from "../billing/cancel-subscription.js";
import { applyChosen, undoChosen } from "../billing/choose-discounts.js";
import { addExtras } from "../billing/extra-items.js";
import { holdTerms } from "../billing/held-terms.js";
import { dropPendingUpdate, expirePendingUpdate } from "../billing/pending-update.js";
import type { SubscriptionChange } from "../billing/plan-update.js";
import { idOf, refuseUnlessOfferedIn } from "../billing/price-amounts.js";
import { refuseOwnEnd } from "../billing/schedule-of.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { announceUpdate, updateItems } from "../billing/update-subscription.js";
import { nowInSeconds, type World } from "../world.js";
import { daysUntilDueOf } from "./collection-params.js";
import { getSubscription } from "./get-subscription.js";
import { getPaymentMethod } from "./payment-methods.js";
import { refuseUnlessHoldable } from "./pending-update-params.js";
import { discountsFor } from "./subscription-discounts.js";
import { changedItems, type ItemChange } from "./subscription-item-changes.js";
import { extrasOf } from "./subscription-order.js";
import type { cancelParams, updateParams } from "./subscriptions.js";

const feedback = oneOf(
  "customer_service",
  "low_quality",
  "missing_features",
  "other",
  "switched_service",
  "too_complex",
  "too_expensive",
  "unused",
);

export const cancellationDetails = hash({
  comment: clearable(text),
  feedback: clearable(feedback),
  feedback_option: notHere,
});

export function updateSubscription(world: World, params: Read<typeof updateParams>, id: string): Stripe.Subscription {
  const before = getSubscription(world, id);
  refuseChangesAfterTheEnd(before, params);
  refuseChangesBeforePayment(before, params);
  refuseUnlessHoldable(before, params);
  const change = changeOf(world, before, params);
  const described = {
    ...before,
    cancellation_details: describedBy(before.cancellation_details, params.cancellation_details),
  };
  const daysUntilDue = daysUntilDueOf(params, before);
  const chosen = discountsFor(world, before, params.discounts, change?.items ?? before.items.data);
  const customer = idOf(before.customer);
  const applied = applyChosen(world, chosen ?? [], {
    customer,
    subscription: id,
    checkoutSession: null,
    invoice: null,
  });
  const changed = world.tables.subscription.put({
    ...applyCancelAt(world, described, params),
    collection_method: daysUntilDue === null ? "charge_automatically" : "send_invoice",
    days_until_due: daysUntilDue,
    discounts: chosen ? applied.map((discount) => discount.id) : before.discounts,
    default_payment_method: methodOf(world, before, params.default_payment_method),
    description: params.description === undefined ? before.description : params.description,
    metadata: mergeMetadata(before.metadata, params.metadata),
    payment_settings: paymentSettingsOf(before.payment_settings, params.payment_settings),
    pause_collection: pauseOf(before, params.pause_collection),
    trial_settings: trialSettingsOf(before, params.trial_settings),
  });
  try {
    const extras = extrasOf(world, params.add_invoice_items);
    for (const { price } of extras) refuseUnlessOfferedIn(price, before.currency);
    if (change) updateItems(world, changed, change, params.payment_behavior ?? "allow_incomplete");
    addExtras(world, changed, extras);
  } catch (error) {
    world.tables.subscription.put(before);
    undoChosen(world, chosen ?? [], applied);
    throw error;
  }
  const current = world.tables.subscription.find(id) ?? changed;
  const isHeld = current.pending_update !== null && current.pending_update !== before.pending_update;
  if (isHeld) holdTerms(world, before, { ...params, discounts: chosen && { chosen, applied } });
  else {
    announceDiscounts(world, before.discounts, changed.discounts);
    replaceWaiting(world, current, params);
  }
  return announceUpdate(world, id, before);
}

/** An update that waits gives way to discounts given since, and expires if it says something else about the end. */
function replaceWaiting(world: World, current: Stripe.Subscription, params: Read<typeof updateParams>): void {
  const { cancel_at_period_end: held = null } = current.pending_update ?? {};
  const isOtherEnd = held !== null && params.cancel_at_period_end !== undefined && params.cancel_at_period_end !== held;
  if (isOtherEnd) expirePendingUpdate(world, current);
  else if (params.discounts !== undefined) dropPendingUpdate(world, current);
}

/** What an update, or the preview of one, asks for beyond the subscription's own words; null if nothing. */
export function changeOf(
  world: World,
  subscription: Stripe.Subscription,
  params: {
    items?: ItemChange[] | undefined;
    billing_cycle_anchor?: { type: string } | undefined;
    proration_behavior?: SubscriptionChange["prorationBehavior"] | undefined;
    proration_date?: number | undefined;
    trial_end?: "now" | number | undefined;
  },
): SubscriptionChange | null {
  const { items, billing_cycle_anchor, proration_date, trial_end } = params;
  const startsPeriodNow = billing_cycle_anchor?.type === "now";
  if (!items && !startsPeriodNow && trial_end === undefined) return null;
  const now = nowInSeconds(world);
  if (typeof trial_end === "number" && trial_end <= now) {
    throw invalidRequest("The `trial_end` timestamp must be in the future.", { param: "trial_end" });
  }
  return {
    items: items ? changedItems(world, subscription, items) : subscription.items.data,
    prorationBehavior: params.proration_behavior ?? "create_prorations",
    prorationDate: proration_date === undefined ? now : checkedDate(subscription, proration_date),
    startsPeriodNow,
    trialEnd: trial_end ?? null,
  };
}

function checkedDate(subscription: Stripe.Subscription, date: number): number {
  const start = Math.min(...subscription.items.data.map((item) => item.current_period_start));
  if (date >= start && date <= currentPeriodEnd(subscription)) return date;
  throw invalidRequest("The `proration_date` must be within the subscription's current period.", {
    param: "proration_date",
  });
}

/** How it is paid from now on; what is not said stays. */
export function paymentSettingsOf(
  before: Stripe.Subscription["payment_settings"],
  given: Read<typeof updateParams>["payment_settings"],
): Stripe.Subscription.PaymentSettings {
  const types = given?.payment_method_types;
  return {
    payment_method_options: before?.payment_method_options ?? null,
    payment_method_types: types === undefined ? (before?.payment_method_types ?? null) : types,
    save_default_payment_method: given?.save_default_payment_method ?? before?.save_default_payment_method ?? "off",
  };
}

function pauseOf(
  { pause_collection }: Stripe.Subscription,
  given: Read<typeof updateParams>["pause_collection"],
): Stripe.Subscription["pause_collection"] {
  if (given === undefined) return pause_collection;
  return given === null ? null : { behavior: given.behavior, resumes_at: given.resumes_at ?? null };
}

function trialSettingsOf(
  { trial_settings }: Stripe.Subscription,
  given: Read<typeof updateParams>["trial_settings"],
): Stripe.Subscription["trial_settings"] {
  const missing_payment_method = given?.end_behavior?.missing_payment_method;
  if (missing_payment_method === undefined) return trial_settings;
  const { billing_cycle_anchor = null } = trial_settings?.end_behavior ?? {};
  return { end_behavior: { billing_cycle_anchor, missing_payment_method } };
}

/** The card that was given; none when it was taken away, so that the customer's own is charged. */
function methodOf(world: World, before: Stripe.Subscription, given: string | null | undefined) {
  if (given === undefined) return before.default_payment_method;
  return given === null ? null : getPaymentMethod(world, given, "default_payment_method").id;
}

/** Cancels now. */
export function cancelSubscription(world: World, params: Read<typeof cancelParams>, id: string): Stripe.Subscription {
  const subscription = getSubscription(world, id);
  // Stripe no longer finds what has ended.
  if (subscription.ended_at !== null) throw noSuch("subscription", id);
  const details = describedBy(subscription.cancellation_details, params.cancellation_details);
  const asked = { prorate: params.prorate ?? false, invoiceNow: params.invoice_now ?? false };
  return cancelNow(world, subscription, { ...details, reason: "cancellation_requested" }, asked);
}

/** Sets or takes back the end: at the period's end, at an instant, or not at all. */
export function applyCancelAt(
  world: World,
  subscription: Stripe.Subscription,
  params: { cancel_at_period_end?: boolean | undefined; cancel_at?: number | null | undefined },
): Stripe.Subscription {
  const { cancel_at_period_end, cancel_at } = params;
  if (cancel_at_period_end !== undefined || cancel_at !== undefined) refuseOwnEnd(world, subscription);
  if (cancel_at_period_end && typeof cancel_at === "number") {
    throw invalidRequest("You cannot set both `cancel_at` and `cancel_at_period_end`.", { param: "cancel_at" });
  }
  if (typeof cancel_at === "number" && cancel_at <= nowInSeconds(world)) {
    throw invalidRequest("The `cancel_at` timestamp must be in the future.", { param: "cancel_at" });
  }
  return withCancelAt(world, subscription, params);
}

function refuseChangesAfterTheEnd(subscription: Stripe.Subscription, params: Read<typeof updateParams>): void {
  if (subscription.ended_at === null) return;
  const { metadata, cancellation_details, ...others } = params;
  if (Object.values(others).every((value) => value === undefined)) return;
  throw invalidRequest("A canceled subscription can only update its cancellation_details and metadata.");
}

/** https://docs.stripe.com/billing/subscriptions/overview: while incomplete, only metadata and the card change. */
function refuseChangesBeforePayment({ status }: Stripe.Subscription, params: Read<typeof updateParams>): void {
  if (status !== "incomplete") return;
  const { items, billing_cycle_anchor, discounts, trial_end, pause_collection } = params;
  const asked = [items, discounts, billing_cycle_anchor, trial_end, pause_collection];
  if (asked.every((value) => value === undefined)) return;
  throw invalidRequest(
    "This subscription is in the `incomplete` status: until its first invoice is paid only metadata and the payment " +
      "method can be updated.",
  );
}
