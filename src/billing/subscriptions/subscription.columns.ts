import type { Deps } from "../../deps.js";
import type { SubscriptionSnapshot } from "../../stripe/snapshots.js";
import { findPriceByStripeId, type Interval } from "../catalog/catalog.js";
import { tieredMomentOf } from "../moment.js";
import { unlessForgotten } from "../users/forgotten.js";
import type { UserRow } from "../users/user.table.js";
import { graceEndOf } from "./subscription.js";
import type { SubscriptionRow, UsageUnit } from "./subscription.table.js";

/**
 * What is stored of a subscription, but for its recurring revenue. Without effects, so that a comparison can ask too.
 *
 * At a price that the catalog has never seen `priceId` is null and the last known tier stays.
 */
export function subscriptionColumns(
  inside: Deps,
  user: UserRow,
  snapshot: SubscriptionSnapshot,
  before: SubscriptionRow | undefined,
) {
  const price = snapshot.stripePriceId
    ? findPriceByStripeId(inside.catalog(), snapshot.stripePriceId, snapshot.currency)
    : undefined;
  const tierSlug = price?.tierSlug ?? before?.tierSlug ?? null;
  return {
    userId: user.id,
    stripeSubscriptionId: snapshot.id,
    status: snapshot.status,
    tierSlug,
    priceId: price?.id ?? null,
    stripePriceId: snapshot.stripePriceId,
    quantity: snapshot.quantity,
    currentPeriodStart: snapshot.currentPeriod?.start ?? null,
    currentPeriodEnd: snapshot.currentPeriod?.end ?? null,
    startedAt: snapshot.startedAt,
    // While a trial runs the anchor is its end, which may still move; afterwards it stays.
    usageAnchor: (before?.status !== "TRIALING" && before?.usageAnchor) || snapshot.billingAnchor,
    usageUnit: price ? usageUnitOf(price.interval) : (before?.usageUnit ?? null),
    trialEndsAt: snapshot.trialEndsAt,
    cancelsAt: snapshot.cancelsAt,
    resumesAt: snapshot.resumesAt,
    // The end of one pause must not end the next.
    pauseEndsAt: snapshot.status === "PAUSED" ? (before?.pauseEndsAt ?? null) : null,
    isPausable: snapshot.isPausable,
    cancellationReason: snapshot.cancellationReason,
    cancellationComment: unlessForgotten(user, snapshot.cancellationComment),
    endedAt: snapshot.endedAt,
    ...latenessOf(inside, snapshot, tierSlug, before),
    paymentMethod: unlessForgotten(user, snapshot.paymentMethod),
    pendingChange: snapshot.pendingChange && {
      ...snapshot.pendingChange,
      effectiveAt: snapshot.pendingChange.effectiveAt.toISOString(),
    },
    stripeScheduleId: snapshot.scheduleId,
    discount: snapshot.discount && {
      ...snapshot.discount,
      endsAt: snapshot.discount.endsAt?.toISOString() ?? null,
    },
  };
}

/** A year's plan has its quota by the month. */
function usageUnitOf(interval: Interval): UsageUnit {
  return interval === "year" ? "month" : interval;
}

/** Since when it is late, and whether the end of its grace was told. */
function latenessOf(
  inside: Deps,
  { status, pastDueSince }: SubscriptionSnapshot,
  tierSlug: string | null,
  before: SubscriptionRow | undefined,
) {
  if (status !== "PAST_DUE") return { pastDueSince: null, graceEndToldAt: null };
  // Should Stripe name no open invoice, the grace begins when we hear that it is late.
  const since = pastDueSince ?? before?.pastDueSince ?? inside.now();
  const isKnown = before?.status === "PAST_DUE" && before.pastDueSince?.getTime() === since.getTime();
  if (isKnown) return { pastDueSince: since, graceEndToldAt: before.graceEndToldAt };
  // One that is heard of too late, or that has no grace at all: this very change tells what is lost.
  const end = graceEndOf({ status, pastDueSince: since, tierSlug }, tieredMomentOf(inside));
  return { pastDueSince: since, graceEndToldAt: end && end <= inside.now() ? inside.now() : null };
}
