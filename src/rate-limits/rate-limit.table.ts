import { boolean, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/**
 * Buckets that are not full, or were not lately. No index but the key's: each settlement changes the row in place.
 * Unlogged, by a migration of its own, so that a commit waits for no disk; a crash empties it, which fills every bucket.
 */
export const rateLimitBuckets = pgTable("rate_limit_buckets", {
  key: text("key").primaryKey(),
  /** When it will be full again, by Postgres' own clock: the one that all processes share. */
  fullAt: timestamp("full_at", { withTimezone: true }).notNull(),
  /** Whether the last settlement got what it asked for: for its own `returning`. */
  isGranted: boolean("is_granted").notNull(),
});
