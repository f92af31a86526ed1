import { and, eq, inArray, isNotNull, isNull, lte, sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import { belongsToOwners, type Owners, ownersParameter } from "../../db/owners.js";
import type { Moment } from "../moment.js";
import { type SubscriptionRow, subscriptions } from "./subscription.table.js";

/** The running one first, else the last: the database's own rule, then the newest. */
const rank = sql`subscription_rank(${subscriptions.status}, ${subscriptions.pastDueSince}, ${sql.placeholder("now")}::timestamptz,
  grace_days_of(${subscriptions.tierSlug}, ${sql.placeholder("gracePeriodDays")}::int))`;

const currentOf = prepared((db) =>
  db
    .selectDistinctOn([subscriptions.userId])
    .from(subscriptions)
    .where(sql`${subscriptions.userId} = any(${sql.placeholder("userIds")}::uuid[])`)
    .orderBy(subscriptions.userId, rank, sql`${subscriptions.startedAt} desc`, sql`${subscriptions.id} desc`)
    .prepare("current_subscriptions"),
);

/** The subscription that counts for each of these users, in no order; users without any are left out. */
export function findCurrentSubscriptions(
  db: Db,
  userIds: readonly string[],
  { now, gracePeriodDays }: Moment,
): Promise<SubscriptionRow[]> {
  return currentOf(db).execute({ userIds: [...userIds], now: now.toISOString(), gracePeriodDays });
}

/** Subscriptions whose grace is over and of which that was not told yet. */
export function findUntoldGraceEnds(db: Db, moment: Moment, limit: number): Promise<SubscriptionRow[]> {
  return db.select().from(subscriptions).where(hasUntoldGraceEnd(moment)).limit(limit);
}

/** Notes that the end of the grace was told. Gives the row; undefined when it was told or put right meanwhile. */
export async function markGraceEndTold(db: Db, id: string, moment: Moment): Promise<SubscriptionRow | undefined> {
  const isDue = and(eq(subscriptions.id, id), hasUntoldGraceEnd(moment));
  return (await db.update(subscriptions).set({ graceEndToldAt: moment.now }).where(isDue).returning())[0];
}

function hasUntoldGraceEnd({ now, gracePeriodDays }: Moment) {
  const { status, pastDueSince, tierSlug, graceEndToldAt } = subscriptions;
  return and(
    eq(status, "PAST_DUE"),
    isNull(graceEndToldAt),
    sql`not is_entitling(${status}, ${pastDueSince}, ${now.toISOString()}::timestamptz,
      grace_days_of(${tierSlug}, ${gracePeriodDays}::int))`,
  );
}

const withTrial = prepared((db) =>
  db
    .selectDistinct({ userId: subscriptions.userId })
    .from(subscriptions)
    .where(
      sql`${subscriptions.userId} = any(${sql.placeholder("userIds")}::uuid[]) and ${subscriptions.trialEndsAt} is not null`,
    )
    .prepare("users_with_trial"),
);

/** Those of these users who ever had a trial, in no order. */
export async function findUsersWithTrial(db: Db, userIds: readonly string[]): Promise<string[]> {
  return (await withTrial(db).execute({ userIds: [...userIds] })).map(({ userId }) => userId);
}

export async function findByStripeId(db: Db, stripeSubscriptionId: string): Promise<SubscriptionRow | undefined> {
  const mine = eq(subscriptions.stripeSubscriptionId, stripeSubscriptionId);
  return (await db.select().from(subscriptions).where(mine))[0];
}

const byId = prepared((db) =>
  db
    .select()
    .from(subscriptions)
    .where(
      and(sql`${subscriptions.id} = any(${sql.placeholder("ids")}::uuid[])`, belongsToOwners(subscriptions.userId)),
    )
    .prepare("subscriptions_by_id"),
);

/** The rows of these subscriptions, in no order; somebody else's are left out. */
export function findSubscriptions(db: Db, owners: Owners, ids: readonly string[]): Promise<SubscriptionRow[]> {
  return byId(db).execute({ ids: [...ids], owners: ownersParameter(owners) });
}

/** The prices in Stripe of subscriptions whose price the catalog did not know when they were read. */
export async function listUnknownPrices(db: Db): Promise<string[]> {
  const rows = await db
    .selectDistinct({ stripePriceId: subscriptions.stripePriceId })
    .from(subscriptions)
    .where(isNull(subscriptions.priceId));
  return rows.flatMap(({ stripePriceId }) => stripePriceId ?? []);
}

/** The subscriptions at one of these prices that were read when it was unknown. */
export function findAtUnknownPrice(
  db: Db,
  stripePriceIds: readonly string[],
  limit: number,
): Promise<SubscriptionRow[]> {
  const isOne = and(isNull(subscriptions.priceId), inArray(subscriptions.stripePriceId, [...stripePriceIds]));
  return db.select().from(subscriptions).where(isOne).limit(limit);
}

/** Paused subscriptions whose pause is over at an instant, those first that have been over for longest. */
export function findPausesOver(db: Db, instant: Date, limit: number): Promise<SubscriptionRow[]> {
  const isDue = and(eq(subscriptions.status, "PAUSED"), lte(subscriptions.pauseEndsAt, instant));
  return db.select().from(subscriptions).where(isDue).orderBy(subscriptions.pauseEndsAt).limit(limit);
}

/** Notes the schedule of a change that made way for another one; null where nothing is to come back. */
export async function setAside(db: Db, stripeSubscriptionId: string, scheduleId: string | null): Promise<void> {
  const mine = eq(subscriptions.stripeSubscriptionId, stripeSubscriptionId);
  await db.update(subscriptions).set({ setAsideScheduleId: scheduleId }).where(mine);
}

/** Subscriptions with a change that was set aside, at most so many, those first that rest longest. */
export function findSetAside(db: Db, limit: number): Promise<SubscriptionRow[]> {
  const isSetAside = isNotNull(subscriptions.setAsideScheduleId);
  return db.select().from(subscriptions).where(isSetAside).orderBy(subscriptions.updatedAt).limit(limit);
}

/** Sets when a subscription's pause is to end by itself; null leaves that to its customer. */
export async function setPauseEnd(db: Db, stripeSubscriptionId: string, pauseEndsAt: Date | null): Promise<void> {
  const mine = eq(subscriptions.stripeSubscriptionId, stripeSubscriptionId);
  await db.update(subscriptions).set({ pauseEndsAt }).where(mine);
}

/** Writes the row of a Stripe subscription, new or not. */
export async function upsertSubscription(db: Db, row: typeof subscriptions.$inferInsert): Promise<SubscriptionRow> {
  const target = subscriptions.stripeSubscriptionId;
  const [stored] = await db.insert(subscriptions).values(row).onConflictDoUpdate({ target, set: row }).returning();
  if (!stored) throw new Error(`The row of ${row.stripeSubscriptionId} was not returned.`);
  return stored;
}

const compared = prepared((db) =>
  db
    .select()
    .from(subscriptions)
    .where(
      sql`${subscriptions.userId} = ${sql.placeholder("userId")}
        or ${subscriptions.stripeSubscriptionId} = any(${sql.placeholder("stripeIds")}::text[])`,
    )
    .prepare("compared_subscriptions"),
);

/** A user's subscriptions, and those of these Stripe ids whoever's they are. */
export function findCompared(db: Db, userId: string, stripeIds: readonly string[]): Promise<SubscriptionRow[]> {
  return compared(db).execute({ userId, stripeIds: [...stripeIds] });
}

/** Deletes the row of a user's subscription. */
export async function deleteSubscription(db: Db, userId: string, stripeSubscriptionId: string): Promise<void> {
  const mine = eq(subscriptions.stripeSubscriptionId, stripeSubscriptionId);
  await db.delete(subscriptions).where(and(mine, eq(subscriptions.userId, userId)));
}
