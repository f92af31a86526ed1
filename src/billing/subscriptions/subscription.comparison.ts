import type { Deps } from "../../deps.js";
import type { SubscriptionSnapshot } from "../../stripe/snapshots.js";
import { unlessMissing } from "../../stripe/stripe-errors.js";
import { isElsewhere, type Sides, shown } from "../users/sides.js";
import type { UserRow } from "../users/user.table.js";
import { subscriptionColumns } from "./subscription.columns.js";
import { findByStripeId, findCompared } from "./subscription.repository.js";
import type { SubscriptionRow } from "./subscription.table.js";

/** Every subscription of a user at either side. Those that we alone have are yet to be looked at one by one. */
export async function listSubscriptionSides(
  deps: Deps,
  user: UserRow,
  stripeCustomerIds: readonly string[],
): Promise<Sides[]> {
  const ids = (await Promise.all(stripeCustomerIds.map((id) => deps.stripe.listSubscriptions(id)))).flat();
  const snapshots: SubscriptionSnapshot[] = [];
  for (const id of ids) snapshots.push(await deps.stripe.getSubscription(id));
  const rows = await findCompared(deps.db, user.id, ids);
  const rowOf = (id: string) => rows.find((row) => row.stripeSubscriptionId === id);
  const oursAlone = rows.filter((row) => !ids.includes(row.stripeSubscriptionId));
  return [
    ...snapshots.map((snapshot) => sidesOf(deps, user, snapshot.id, snapshot, rowOf(snapshot.id))),
    ...oursAlone.map((row) => sidesOf(deps, user, row.stripeSubscriptionId, undefined, row)),
  ];
}

/** A subscription on both sides, read now; undefined for one that is another customer's at Stripe. */
export async function lookAtSubscription(
  deps: Deps,
  user: UserRow,
  stripeCustomerIds: readonly string[],
  stripeId: string,
): Promise<Sides | undefined> {
  const snapshot = await unlessMissing(deps.stripe.getSubscription(stripeId));
  if (snapshot && isElsewhere(snapshot.customerId, stripeCustomerIds)) return undefined;
  return sidesOf(deps, user, stripeId, snapshot, await findByStripeId(deps.db, stripeId));
}

function sidesOf(
  deps: Deps,
  user: UserRow,
  stripeId: string,
  snapshot: SubscriptionSnapshot | undefined,
  row: SubscriptionRow | undefined,
): Sides {
  const theirs = snapshot && withoutOwn(subscriptionColumns(deps, user, snapshot, row));
  return { kind: "subscription", stripeId, ours: row && (theirs ? row : shown(row)), theirs };
}

/** What was told to listeners, and when a pause is to end, is ours alone. */
function withoutOwn({ graceEndToldAt: _told, pauseEndsAt: _end, ...columns }: ReturnType<typeof subscriptionColumns>) {
  return columns;
}
