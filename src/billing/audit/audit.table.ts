import { index, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { instant, uuidV7 } from "../../db/columns.js";

/** Who did what on somebody else's account: one row for each act. Rows are only ever added; `audit.ts` is the only writer. */
export const auditLog = pgTable(
  "audit_log",
  {
    id: uuidV7("id").primaryKey(),
    /** `sub` of the token, or the ID of the service key, of whoever did it. */
    actor: text("actor").notNull(),
    /** What was done, for example `entitlement.override`. */
    action: text("action").notNull(),
    /** Whom it was done to; null for what concerns nobody in particular. */
    userId: uuid("user_id"),
    /** The reason that was given. */
    reason: text("reason"),
    /** State before and after; never a secret. */
    details: jsonb("details").$type<Readonly<Record<string, unknown>>>(),
    /** By the billing clock. */
    occurredAt: instant("occurred_at").notNull(),
  },
  (table) => [
    index("audit_log_occurred_at_idx").on(table.occurredAt.desc(), table.id.desc()),
    index("audit_log_user_id_idx").on(table.userId, table.occurredAt.desc()),
  ],
);
