import { pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant, whole } from "../../db/columns.js";

/** Counters: how much of a feature a payer used in a period. */
export const usageTracking = pgTable(
  "usage_tracking",
  {
    userId: uuid("user_id").notNull(),
    featureKey: text("feature_key").notNull(),
    periodStart: instant("period_start").notNull(),
    periodEnd: instant("period_end").notNull(),
    used: whole("used").notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.featureKey, table.periodStart] })],
);
