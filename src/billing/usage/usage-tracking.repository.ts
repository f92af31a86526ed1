import { sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import { usageTracking } from "./usage-tracking.table.js";

const running = prepared((db) =>
  db
    .select({ userId: usageTracking.userId, featureKey: usageTracking.featureKey, used: usageTracking.used })
    .from(usageTracking)
    .where(
      sql`${usageTracking.userId} = any(${sql.placeholder("userIds")}::uuid[])
        and ${usageTracking.periodStart} <= ${sql.placeholder("now")}::timestamptz
        and ${usageTracking.periodEnd} > ${sql.placeholder("now")}::timestamptz`,
    )
    .prepare("running_usage"),
);

/** The counters of the periods that run at `now`. */
export function findRunningCounters(db: Db, userIds: readonly string[], now: Date) {
  return running(db).execute({ userIds: [...userIds], now: now.toISOString() });
}
