import { and, isNotNull, lte, sql } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import type { Moment } from "../moment.js";
import { usageTracking } from "./usage-tracking.table.js";

/** Gives back what ran out, in at most `limit` counters, and tells who listens. Gives how many counters there were. */
export async function expireReservations(db: Db, { now, gracePeriodDays }: Moment, limit: number): Promise<number> {
  const due = await db
    .select()
    .from(usageTracking)
    .where(and(isNotNull(usageTracking.nextExpiry), lte(usageTracking.nextExpiry, now)))
    .limit(limit);
  // One transaction for each: none holds one customer's lock while it waits for another's.
  for (const { userId, featureKey, periodStart } of due) {
    await db.execute(
      sql`select expire_counter(${userId}::uuid, ${featureKey}, ${periodStart.toISOString()}::timestamptz, ${now.toISOString()}::timestamptz, ${gracePeriodDays}::int)`,
    );
  }
  return due.length;
}

/** Sees that the events of this month and the next two have their own partition. */
export async function makeMonths(db: Db, now: Date): Promise<void> {
  await db.execute(sql`select make_usage_months(${now.toISOString()}::timestamptz, 3)`);
}

/** Drops the events of months that ended before an instant; their hours stay. */
export async function dropMonths(db: Db, before: Date): Promise<void> {
  await db.execute(sql`select drop_usage_months(${before.toISOString()}::timestamptz)`);
}

/** Forgets at most `limit` keys of events that were counted before an instant. Gives how many. */
export async function deleteKeys(db: Db, before: Date, limit: number): Promise<number> {
  const gone = await db.execute(
    sql`delete from usage_keys where (user_id, key) in (
      select user_id, key from usage_keys where counted_at < ${before.toISOString()}::timestamptz order by counted_at limit ${limit})`,
  );
  return gone.count;
}

/** Forgets at most `limit` reservations that were closed before an instant. Gives how many. */
export async function deleteReservations(db: Db, before: Date, limit: number): Promise<number> {
  const gone = await db.execute(
    sql`delete from usage_reservations where id in (
      select id from usage_reservations where closed_at < ${before.toISOString()}::timestamptz order by closed_at limit ${limit})`,
  );
  return gone.count;
}
