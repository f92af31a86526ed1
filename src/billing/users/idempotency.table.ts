import { index, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant } from "../../db/columns.js";

/** What a mutation answered to a key, for 24 hours: the same key and input get the same answer again. */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    userId: uuid("user_id").notNull(),
    key: text("key").notNull(),
    /** The mutation and a hash of its input. */
    inputHash: text("input_hash").notNull(),
    /** Null while what was decided is being done, and for good where that was cut off. */
    answer: jsonb("answer"),
    /** What was decided, as it was written down before it was done; null where nothing is done at Stripe. */
    intent: jsonb("intent"),
    /** What Stripe is told to tell one try from another. */
    attempt: uuid("attempt"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.key] }),
    index("idempotency_keys_created_at_idx").on(table.createdAt),
  ],
);
