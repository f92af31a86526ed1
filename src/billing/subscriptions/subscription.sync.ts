import type { Deps } from "../../deps.js";
import { announce } from "../../live/announce.js";
import type { SubscriptionSnapshot } from "../../stripe/snapshots.js";
import { findPriceByStripeId } from "../catalog/catalog.js";
import type { Write } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import { causeOf, hasNews } from "./subscription.js";
import { findByStripeId, findCurrentSubscriptions, upsertSubscription } from "./subscription.repository.js";
import type { SubscriptionRow } from "./subscription.table.js";

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
  const [currentBefore] = await findCurrentSubscriptions(inside.db, [user.id]);
  const after = await upsertSubscription(inside.db, rowOf(inside, user, snapshot, before));
  const [currentAfter] = await findCurrentSubscriptions(inside.db, [user.id]);
  if (!before || hasNews(before, after)) {
    await announce(inside.db, {
      kind: "subscription",
      subject: user.id,
      facts: {
        subscriptionId: after.id,
        previousStatus: before?.status ?? null,
        // The one in force before and after: what a listener needs to tell which entitlements changed.
        tierBefore: currentBefore?.tierSlug ?? null,
        statusBefore: currentBefore?.status ?? null,
        tierAfter: currentAfter?.tierSlug ?? null,
        statusAfter: currentAfter?.status ?? null,
        cause: causeOf(before, after),
        occurredAt: inside.now().toISOString(),
      },
    });
  }
  return after;
}

function rowOf(inside: Deps, user: UserRow, snapshot: SubscriptionSnapshot, before: SubscriptionRow | undefined) {
  const price = snapshot.stripePriceId
    ? findPriceByStripeId(inside.catalog(), snapshot.stripePriceId, snapshot.currency)
    : undefined;
  if (!price) {
    // A price that the catalog has never seen must not turn a payer into a free user: the last known tier stays.
    inside.log.error({ subscription: snapshot.id, price: snapshot.stripePriceId }, "subscription has an unknown price");
  }
  return {
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
    trialEndsAt: snapshot.trialEndsAt,
    cancelsAt: snapshot.cancelsAt,
    resumesAt: snapshot.resumesAt,
    endedAt: snapshot.endedAt,
  };
}
