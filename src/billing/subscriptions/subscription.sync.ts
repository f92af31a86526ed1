import type { Deps } from "../../deps.js";
import type { SubscriptionSnapshot } from "../../stripe/snapshots.js";
import { announceEntitlements, type ChangeCause } from "../allowances/standing.announcement.js";
import { standingsOf } from "../allowances/standing.service.js";
import { tieredMomentOf } from "../moment.js";
import type { Write } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import { mrrColumns } from "./mrr.js";
import { announceSubscription } from "./subscription.announcement.js";
import { subscriptionColumns } from "./subscription.columns.js";
import { causeOf, graceEndOf, hasNews } from "./subscription.js";
import { deleteSubscription, findByStripeId, upsertSubscription } from "./subscription.repository.js";
import type { SubscriptionRow } from "./subscription.table.js";
import { recordTrial } from "./trial-ledger.js";

/**
 * Makes our row match Stripe.
 *
 * Reads Stripe again instead of trusting an event, and does so while the customer's lock is held, so
 * late, repeated or parallel events all end in the newest state. Listeners hear what caused the change from whoever
 * made it; without that it is judged by what has changed.
 */
export async function syncSubscription(
  deps: Deps,
  user: UserRow,
  stripeSubscriptionId: string,
  causedBy?: ChangeCause,
): Promise<Write<SubscriptionRow>> {
  const snapshot = await deps.stripe.getSubscription(stripeSubscriptionId);
  return (inside) => storeSubscription(inside, user, snapshot, causedBy);
}

/** Reads all subscriptions of a Stripe customer, ended ones too; the write makes our rows match, the oldest first. */
export async function syncSubscriptions(deps: Deps, user: UserRow, stripeCustomerId: string): Promise<Write<void>> {
  const ids = (await deps.stripe.listSubscriptions(stripeCustomerId)).toReversed();
  const writes = await Promise.all(ids.map((id) => syncSubscription(deps, user, id)));
  return async (inside) => {
    for (const write of writes) await write(inside);
  };
}

async function storeSubscription(
  inside: Deps,
  user: UserRow,
  snapshot: SubscriptionSnapshot,
  causedBy: ChangeCause | undefined,
): Promise<SubscriptionRow> {
  const before = await findByStripeId(inside.db, snapshot.id);
  const standingsBefore = await standingsOf(inside, user.id, lastToldAt(inside, before));
  const columns = subscriptionColumns(inside, user, snapshot, before);
  if (columns.priceId === null) tellUnknownPrice(inside, snapshot);
  const after = await upsertSubscription(inside.db, {
    ...columns,
    ...mrrColumns(inside.catalog(), columns, inside.now()),
  });
  await recordTrial(inside, user, snapshot);
  const cause = causedBy ?? causeOf(before, after);
  if (!before || hasNews(before, after)) {
    await announceSubscription(inside, { after, previousStatus: before?.status ?? null, cause });
  }
  await announceEntitlements(inside, user.id, standingsBefore, cause);
  return after;
}

/** The moment that listeners know of: a grace that has run out since counts until its end was told. */
function lastToldAt(inside: Deps, before: SubscriptionRow | undefined): Date {
  const graceEnd = before && graceEndOf(before, tieredMomentOf(inside));
  const isUntold = graceEnd && graceEnd <= inside.now() && before.graceEndToldAt === null;
  return isUntold ? new Date(graceEnd.getTime() - 1) : inside.now();
}

/** A price that the catalog has never seen must not turn a payer into a free user: the last known tier stays. */
function tellUnknownPrice({ log, metrics }: Deps, { id, stripePriceId }: SubscriptionSnapshot): void {
  log.error({ subscription: id, price: stripePriceId }, "subscription has an unknown price");
  metrics.count("billing_unknown_prices_total");
}

/** Drops the row of a subscription that Stripe does not have; nothing may refer to it any more. */
export async function forgetSubscription(inside: Deps, user: UserRow, stripeSubscriptionId: string): Promise<void> {
  const before = await standingsOf(inside, user.id, inside.now());
  await deleteSubscription(inside.db, user.id, stripeSubscriptionId);
  await announceEntitlements(inside, user.id, before, "ADMIN");
}
