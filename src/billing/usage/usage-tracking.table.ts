import { sql } from "drizzle-orm";
import { check, index, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant, whole } from "../../db/columns.js";

/**
 * Counters: how much of a feature a payer used in a period, or holds now where the feature is a LIMIT.
 *
 * Only the functions of the database write here (`record_usage`, `reserve_usage`, `settle_usage`,
 * `expire_reservations`), each under the payer's usage lock. `used` equals the sum of `usage_events` of the same
 * period, and `reserved` the sum of the reservations that are still stored as open. Rows are rewritten all the time:
 * the migration leaves free space on each page, so that a new version finds room beside the old one.
 */
export const usageTracking = pgTable(
  "usage_tracking",
  {
    userId: uuid("user_id").notNull(),
    featureKey: text("feature_key").notNull(),
    /** Of a LIMIT, which has no periods, 1970 to 9999. */
    periodStart: instant("period_start").notNull(),
    periodEnd: instant("period_end").notNull(),
    used: whole("used").notNull(),
    /** Set aside by reservations; those that ran out count until somebody looks. */
    reserved: whole("reserved").notNull().default(0),
    /** At or before the moment when the next reservation runs out; null without any. */
    nextExpiry: instant("next_expiry"),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.featureKey, table.periodStart] }),
    index("usage_tracking_next_expiry_idx").on(table.nextExpiry).where(sql`${table.nextExpiry} is not null`),
    check("usage_tracking_not_negative", sql`${table.used} >= 0 and ${table.reserved} >= 0`),
  ],
);
