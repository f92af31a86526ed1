import type Stripe from "stripe";
import { fingerprintOf, paymentMethodSnapshot } from "./payment-method-snapshot.js";
import {
  type CancellationReason,
  cancellationReasons,
  idOf,
  instantOf,
  type Span,
  type SubscriptionSnapshot,
  type SubscriptionStatus,
  subscriptionStatuses,
  trialCheckoutIdKey,
} from "./snapshots.js";
import { discountOf, pendingChangeOf, unpaidSince } from "./subscription-terms.js";

/**
 * Reads a subscription as the pinned API version spells it: periods and prices sit on its items.
 *
 * Its payment method, schedule, discounts, and their codes and coupons must be expanded. `invoices` are its own,
 * as far as they matter: those of one that is past due.
 */
export function subscriptionSnapshot(
  subscription: Stripe.Subscription,
  invoices: readonly Stripe.Invoice[],
): SubscriptionSnapshot {
  const item = subscription.items.data[0];
  const currentPeriod = periodOf(subscription.items.data);
  return {
    id: subscription.id,
    customerId: idOf(subscription.customer) ?? "",
    status: subscriptionStatus(subscription.status),
    stripePriceId: item?.price.id ?? null,
    currency: subscription.currency,
    quantity: item?.quantity ?? 1,
    currentPeriod,
    startedAt: instantOf(subscription.start_date),
    billingAnchor: instantOf(subscription.billing_cycle_anchor),
    trialEndsAt: instantOf(subscription.trial_end),
    cancelsAt: cancelsAt(subscription, currentPeriod),
    endedAt: instantOf(subscription.ended_at),
    resumesAt: instantOf(subscription.pause_collection?.resumes_at),
    cancellationReason: cancellationReason(subscription),
    cancellationComment: subscription.cancellation_details?.comment || null,
    isPausable:
      subscription.collection_method === "charge_automatically" && subscription.billing_mode.type === "flexible",
    pastDueSince: unpaidSince(invoices),
    paymentMethod: paymentMethodSnapshot(subscription.default_payment_method),
    fingerprint: fingerprintOf(subscription.default_payment_method),
    stopsWithoutCard: stopsWithoutCard(subscription),
    trialCheckoutId: subscription.metadata[trialCheckoutIdKey] ?? null,
    pendingChange: pendingChangeOf(subscription),
    scheduleId: subscription.ended_at === null ? idOf(subscription.schedule) : null,
    discount: discountOf(subscription),
  };
}

/** A portal in flexible billing mode sets `cancel_at`, the classic one `cancel_at_period_end`: both mean the same. */
function cancelsAt(subscription: Stripe.Subscription, period: Span | null): Date | null {
  if (subscription.ended_at) return null;
  if (subscription.cancel_at) return instantOf(subscription.cancel_at);
  return subscription.cancel_at_period_end ? (period?.end ?? null) : null;
}

/** https://docs.stripe.com/api/subscriptions/object#subscription_object-trial_settings-end_behavior-missing_payment_method */
function stopsWithoutCard({ trial_settings }: Stripe.Subscription): boolean {
  const outcome = trial_settings?.end_behavior.missing_payment_method;
  return outcome === "cancel" || outcome === "pause";
}

/** What the customer chose; a choice that came up after this version counts as any other. */
function cancellationReason({ cancellation_details }: Stripe.Subscription): CancellationReason | null {
  const feedback = cancellation_details?.feedback;
  if (!feedback) return null;
  return cancellationReasons.find((each) => each === feedback.toUpperCase()) ?? "OTHER";
}

/** Items may run in different periods; the subscription's is from the earliest start to the latest end. */
function periodOf(items: readonly Stripe.SubscriptionItem[]): Span | null {
  if (items.length === 0) return null;
  return {
    start: instantOf(Math.min(...items.map((item) => item.current_period_start))),
    end: instantOf(Math.max(...items.map((item) => item.current_period_end))),
  };
}

/** A status as Stripe spells it, in our spelling. Throws for one that came up after this version. */
export function subscriptionStatus(status: string): SubscriptionStatus {
  const known = subscriptionStatuses.find((each) => each === status.toUpperCase());
  if (!known) throw new Error(`Stripe sent a subscription status that this version does not know: ${status}`);
  return known;
}
