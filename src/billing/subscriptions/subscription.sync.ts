import type { Deps } from "../../deps.js";
import type { SubscriptionSnapshot } from "../../stripe/snapshots.js";
import { announceEntitlements } from "../allowances/standing.announcement.js";
import { standingsOf } from "../allowances/standing.service.js";
import { findPriceByStripeId, type Interval } from "../catalog/catalog.js";
import { momentOf } from "../moment.js";
import type { Write } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import { mrrColumns } from "./mrr.js";
import { announceSubscription } from "./subscription.announcement.js";
import { causeOf, graceEndOf, hasNews } from "./subscription.js";
import { findByStripeId, upsertSubscription } from "./subscription.repository.js";
import type { SubscriptionRow, UsageUnit } from "./subscription.table.js";

/**
 * Makes our row match Stripe.
 *
 * Reads Stripe again instead of trusting an event, and does so while the customer's lock is held, so
 * late, repeated or parallel events all end in the newest state.
 */
export async function syncSubscription(
  deps: Deps,
  user: UserRow,
  stripeSubscriptionId: string,
): Promise<Write<SubscriptionRow>> {
  const snapshot = await deps.stripe.getSubscription(stripeSubscriptionId);
  return (inside) => storeSubscription(inside, user, snapshot);
}

async function storeSubscription(
  inside: Deps,
  user: UserRow,
  snapshot: SubscriptionSnapshot,
): Promise<SubscriptionRow> {
  const before = await findByStripeId(inside.db, snapshot.id);
  const standingsBefore = await standingsOf(inside, user.id, lastToldAt(inside, before));
  const after = await upsertSubscription(inside.db, rowOf(inside, user, snapshot, before));
  const cause = causeOf(before, after);
  if (!before || hasNews(before, after)) {
    await announceSubscription(inside, { after, previousStatus: before?.status ?? null, cause });
  }
  await announceEntitlements(inside, user.id, standingsBefore, cause);
  return after;
}

/** The moment that listeners know of: a grace that has run out since counts until its end was told. */
function lastToldAt(inside: Deps, before: SubscriptionRow | undefined): Date {
  const graceEnd = before && graceEndOf(before, momentOf(inside));
  const isUntold = graceEnd && graceEnd <= inside.now() && before.graceEndToldAt === null;
  return isUntold ? new Date(graceEnd.getTime() - 1) : inside.now();
}

function rowOf(inside: Deps, user: UserRow, snapshot: SubscriptionSnapshot, before: SubscriptionRow | undefined) {
  const price = snapshot.stripePriceId
    ? findPriceByStripeId(inside.catalog(), snapshot.stripePriceId, snapshot.currency)
    : undefined;
  if (!price) {
    // A price that the catalog has never seen must not turn a payer into a free user: the last known tier stays.
    inside.log.error({ subscription: snapshot.id, price: snapshot.stripePriceId }, "subscription has an unknown price");
    inside.metrics.count("billing_unknown_prices_total");
  }
  const row = {
    userId: user.id,
    stripeSubscriptionId: snapshot.id,
    status: snapshot.status,
    tierSlug: price?.tierSlug ?? before?.tierSlug ?? null,
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
    endedAt: snapshot.endedAt,
    ...latenessOf(inside, snapshot, before),
    paymentMethod: snapshot.paymentMethod,
    pendingChange: snapshot.pendingChange && {
      ...snapshot.pendingChange,
      effectiveAt: snapshot.pendingChange.effectiveAt.toISOString(),
    },
    discount: snapshot.discount && {
      ...snapshot.discount,
      endsAt: snapshot.discount.endsAt?.toISOString() ?? null,
    },
  };
  return { ...row, ...mrrColumns(inside.catalog(), row, inside.now()) };
}

/** A year's plan has its quota by the month. */
function usageUnitOf(interval: Interval): UsageUnit {
  return interval === "year" ? "month" : interval;
}

/** Since when it is late, and whether the end of its grace was told. */
function latenessOf(inside: Deps, { status, pastDueSince }: SubscriptionSnapshot, before: SubscriptionRow | undefined) {
  if (status !== "PAST_DUE") return { pastDueSince: null, graceEndToldAt: null };
  // Should Stripe name no open invoice, the grace begins when we hear that it is late.
  const since = pastDueSince ?? before?.pastDueSince ?? inside.now();
  const isKnown = before?.status === "PAST_DUE" && before.pastDueSince?.getTime() === since.getTime();
  if (isKnown) return { pastDueSince: since, graceEndToldAt: before.graceEndToldAt };
  // One that is heard of too late, or that has no grace at all: this very change tells what is lost.
  const end = graceEndOf({ status, pastDueSince: since }, momentOf(inside));
  return { pastDueSince: since, graceEndToldAt: end && end <= inside.now() ? inside.now() : null };
}
