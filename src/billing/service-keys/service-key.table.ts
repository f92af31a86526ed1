import { sql } from "drizzle-orm";
import { check, pgTable, text } from "drizzle-orm/pg-core";
import type { ServiceKeyScope } from "../../auth/viewer.js";
import { instant, uuidV7 } from "../../db/columns.js";

/**
 * Keys that the host product's back ends call with. `service-key.service.ts` makes and revokes them; none is ever
 * deleted, so that the audit log's can still be told apart. Times are by the wall clock: these are credentials.
 */
export const serviceKeys = pgTable(
  "service_keys",
  {
    id: uuidV7("id").primaryKey(),
    name: text("name").notNull(),
    scopes: text("scopes").array().$type<ServiceKeyScope[]>().notNull(),
    /** First characters of the secret, to recognise it by. */
    prefix: text("prefix").notNull(),
    /** SHA-256 of the secret, which is nowhere else. */
    hash: text("hash").notNull().unique(),
    createdAt: instant("created_at").notNull(),
    /** `sub` of the token of whoever made it. */
    createdBy: text("created_by").notNull(),
    /** Written at most once a minute. */
    lastUsedAt: instant("last_used_at"),
    expiresAt: instant("expires_at"),
    revokedAt: instant("revoked_at"),
  },
  (table) => [check("service_keys_scopes_check", sql`cardinality(${table.scopes}) > 0`)],
);

export type ServiceKeyRow = typeof serviceKeys.$inferSelect;
