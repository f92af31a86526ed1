import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, pgEnum, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { instant, uuidV7 } from "../../db/columns.js";
import { type ObjectKind, objectKinds } from "../users/sides.js";
import { users } from "../users/user.table.js";

/** State of a comparison. */
export const reconciliationStatuses = ["FAILED", "FINISHED", "RUNNING"] as const;
export type ReconciliationStatus = (typeof reconciliationStatuses)[number];
export const reconciliationStatus = pgEnum("reconciliation_status", reconciliationStatuses);

/** Comparisons of our records with Stripe's, by the wall clock. `reconciliation.service.ts` makes them, `reconciliation.job.ts` brings them to their end. */
export const reconciliations = pgTable(
  "reconciliations",
  {
    id: uuidV7("id").primaryKey(),
    status: reconciliationStatus("status").notNull().default("RUNNING"),
    /** Whose records; null for everybody's. */
    userId: uuid("user_id").references(() => users.id),
    repair: boolean("repair").notNull(),
    /** Who asked for it: `subject` of the viewer, or the name of what runs by itself. */
    actor: text("actor").notNull(),
    reason: text("reason").notNull(),
    /** How far it has come, written with the counts: `user:ID` of the last user, then `customer:ID` of the last Stripe customer. */
    cursor: text("cursor"),
    /** Until when whoever works on it has it, unless they renew that; null while nobody does. */
    claimedUntil: instant("claimed_until"),
    checkedCount: integer("checked_count").notNull().default(0),
    /** All that were found, also those that are not kept. */
    differenceCount: integer("difference_count").notNull().default(0),
    repairedCount: integer("repaired_count").notNull().default(0),
    /** The last failure to compare a customer that another try would not mend. */
    lastError: text("last_error"),
    startedAt: instant("started_at").notNull(),
    finishedAt: instant("finished_at"),
  },
  (table) => [
    // One at a time for each customer, and one for everybody.
    uniqueIndex("reconciliations_one_running_idx")
      .on(sql`coalesce(${table.userId}, '00000000-0000-0000-0000-000000000000'::uuid)`)
      .where(sql`${table.status} = 'RUNNING'`),
    index("reconciliations_started_at_idx").on(table.startedAt.desc(), table.id.desc()),
  ],
);

export type ReconciliationRow = typeof reconciliations.$inferSelect;

export const objectKind = pgEnum("reconciled_object_kind", objectKinds);

/** What comparisons found, at most 1,000 for each. */
export const reconciliationDifferences = pgTable(
  "reconciliation_differences",
  {
    id: uuidV7("id").primaryKey(),
    reconciliationId: uuid("reconciliation_id")
      .notNull()
      .references(() => reconciliations.id, { onDelete: "cascade" }),
    /** Null where we have no such user. */
    userId: uuid("user_id").references(() => users.id),
    kind: objectKind("kind").$type<ObjectKind>().notNull(),
    stripeId: text("stripe_id").notNull(),
    /** Null where the whole object is missing on one side. */
    field: text("field"),
    ours: jsonb("ours").$type<unknown>(),
    theirs: jsonb("theirs").$type<unknown>(),
    isRepaired: boolean("is_repaired").notNull().default(false),
  },
  (table) => [
    // What was found before a comparison was cut off is found again, and stays one.
    uniqueIndex("reconciliation_differences_once_idx").on(
      table.reconciliationId,
      table.kind,
      table.stripeId,
      sql`coalesce(${table.field}, '')`,
    ),
  ],
);

export type DifferenceRow = typeof reconciliationDifferences.$inferSelect;
