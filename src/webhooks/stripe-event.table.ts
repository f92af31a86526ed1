import { getTableColumns, sql } from "drizzle-orm";
import { boolean, index, integer, pgEnum, pgTable, text } from "drizzle-orm/pg-core";
import { instant, jsonText, uuidV7 } from "../db/columns.js";
import { idKey, indexOn, instantKey } from "../db/keyset.js";

export const webhookEventStatuses = ["FAILED", "IGNORED", "PENDING", "PROCESSED", "PROCESSING"] as const;
export const webhookEventStatus = pgEnum("webhook_event_status", webhookEventStatuses);

/**
 * The inbox: one row per Stripe event, however often it was delivered. The route inserts, the worker
 * moves the status on. Times are by the wall clock: deliveries and back-off are not billing.
 */
export const webhookEvents = pgTable(
  "webhook_events",
  {
    id: uuidV7("id").primaryKey(),
    stripeEventId: text("stripe_event_id").notNull().unique(),
    type: text("type").notNull(),
    apiVersion: text("api_version"),
    livemode: boolean("livemode").notNull(),
    /** The account that it says it happened in; null for most, which are ours. */
    stripeAccountId: text("stripe_account_id"),
    /** What is synced: events of one object that wait together cost one read of it. */
    objectKind: text("object_kind"),
    objectId: text("object_id"),
    stripeCustomerId: text("stripe_customer_id"),
    /** The body as it came, null once it was forgotten: not `json`, which the database would take apart to see whether it is that. */
    payload: jsonText("payload"),
    status: webhookEventStatus("status").notNull(),
    attempts: integer("attempts").notNull().default(0),
    lastError: text("last_error"),
    createdAt: instant("created_at").notNull(),
    receivedAt: instant("received_at").notNull(),
    /** When it may be claimed: the next try of a waiting event, or the latest end of a claim. */
    dueAt: instant("due_at").notNull(),
    /** The run that claimed it last; while that is under way it holds the lock of `claims.ts`. */
    claimedBy: text("claimed_by"),
    processedAt: instant("processed_at"),
  },
  (table) => {
    const newestFirst = indexOn(instantKey(table.receivedAt), idKey(table.id));
    return [
      index("webhook_events_due_idx").on(table.dueAt).where(sql`${table.status} in ('PENDING', 'PROCESSING')`),
      index("webhook_events_payload_idx").on(table.receivedAt).where(sql`${table.payload} is not null`),
      // The list for staff, and what it is narrowed by.
      index("webhook_events_newest_idx").on(...newestFirst),
      index("webhook_events_type_idx").on(table.type, ...newestFirst),
      index("webhook_events_object_id_idx")
        .on(table.objectId, ...newestFirst)
        .where(sql`${table.objectId} is not null`),
      index("webhook_events_stripe_customer_id_idx")
        .on(table.stripeCustomerId, ...newestFirst)
        .where(sql`${table.stripeCustomerId} is not null`),
      // Nearly all are processed: those are found in the list as it is.
      index("webhook_events_status_idx")
        .on(table.status, ...newestFirst)
        .where(sql`${table.status} <> 'PROCESSED'`),
    ];
  },
);

export type WebhookEventRow = typeof webhookEvents.$inferSelect;

/** An event without its body, which may be long and is read only where it is asked for. */
export type WebhookEventHead = Omit<WebhookEventRow, "payload">;

const { payload, ...columns } = getTableColumns(webhookEvents);

/** What to select for a {@link WebhookEventHead}. */
export const webhookEventHead = columns;
