import { index, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant, whole } from "../../db/columns.js";

/**
 * What was used: one row for each event that was counted.
 *
 * Partitioned by the month of `counted_at` (the migration says so, Drizzle cannot), so that old months are dropped
 * whole. The functions of the database are the only writers; rows never change.
 */
export const usageEvents = pgTable(
  "usage_events",
  {
    userId: uuid("user_id").notNull(),
    featureKey: text("feature_key").notNull(),
    /** The period of the counter that it went into. */
    periodStart: instant("period_start").notNull(),
    /** Below 0 where a LIMIT was given back. */
    quantity: whole("quantity").notNull(),
    occurredAt: instant("occurred_at").notNull(),
    countedAt: instant("counted_at").notNull(),
    /** The caller's key, or the ID of the reservation that was settled. */
    key: text("key").notNull(),
  },
  (table) => [index("usage_events_user_id_counted_at_idx").on(table.userId, table.countedAt)],
);

/** Keys of events that were counted, beside the events since these must be unique over all months; kept for 45 days. */
export const usageKeys = pgTable(
  "usage_keys",
  {
    userId: uuid("user_id").notNull(),
    key: text("key").notNull(),
    /** The input, to tell a retry from another event under the same key. */
    featureKey: text("feature_key").notNull(),
    quantity: whole("quantity").notNull(),
    /** As it was given; null when it was left out. */
    occurredAt: instant("occurred_at"),
    countedAt: instant("counted_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.key] }),
    index("usage_keys_counted_at_idx").on(table.countedAt),
  ],
);

/** Use by the hour, in UTC: what histories are made of. Written together with the events, so it is never behind them. */
export const usageHours = pgTable(
  "usage_hours",
  {
    userId: uuid("user_id").notNull(),
    featureKey: text("feature_key").notNull(),
    hour: instant("hour").notNull(),
    quantity: whole("quantity").notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.featureKey, table.hour] })],
);
