import { sql } from "drizzle-orm";
import { boolean, index, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant, uuidV7, whole } from "../../db/columns.js";
import { users } from "../users/user.table.js";

/** One customer's own setting for one feature, in place of what any tier gives. `override.service.ts` is the only writer. */
export const entitlementOverrides = pgTable(
  "entitlement_overrides",
  {
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id),
    featureKey: text("feature_key").notNull(),
    isIncluded: boolean("is_included").notNull(),
    /** Null when unlimited, and for switches. */
    limit: whole("limit"),
    /** When it lapses; null when never. */
    endsAt: instant("ends_at"),
    reason: text("reason").notNull(),
    setAt: instant("set_at").notNull(),
    /** When everybody concerned was told that it lapsed; null until then. */
    lapseToldAt: instant("lapse_told_at"),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.featureKey] }),
    index("entitlement_overrides_lapse_idx").on(table.endsAt).where(sql`${table.lapseToldAt} is null`),
  ],
);

export type OverrideRow = typeof entitlementOverrides.$inferSelect;

/**
 * A tier that was given without payment; it counts from the moment its row is there. A user has one in force at most.
 * `grant.service.ts` is the only writer.
 */
export const tierGrants = pgTable(
  "tier_grants",
  {
    id: uuidV7("id").primaryKey(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id),
    tierSlug: text("tier_slug").notNull(),
    startedAt: instant("started_at").notNull(),
    /** When it ends; null when never. */
    endsAt: instant("ends_at"),
    reason: text("reason").notNull(),
    /** When everybody concerned was told that it ended; null until then. */
    lapseToldAt: instant("lapse_told_at"),
  },
  (table) => [
    index("tier_grants_user_id_idx").on(table.userId, table.startedAt.desc()),
    index("tier_grants_lapse_idx").on(table.endsAt).where(sql`${table.lapseToldAt} is null`),
  ],
);

export type GrantRow = typeof tierGrants.$inferSelect;
