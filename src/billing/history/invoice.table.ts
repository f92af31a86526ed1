import { sql } from "drizzle-orm";
import { index, jsonb, pgEnum, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { instant, timestamps, uuidV7, whole } from "../../db/columns.js";
import { invoiceStatuses } from "../../stripe/snapshots.js";
import { users } from "../users/user.table.js";

export const invoiceStatus = pgEnum("invoice_status", invoiceStatuses);

/** A line as it is stored: instants as RFC 3339 text, amounts in minor units of the invoice's currency. */
export interface InvoiceLineRow {
  readonly description: string;
  readonly quantity: number | null;
  readonly amount: number;
  readonly isProration: boolean;
  readonly start: string;
  readonly end: string;
}

/** One row per Stripe invoice. Stripe owns the truth; `invoice.sync.ts` is the only writer. */
export const invoices = pgTable(
  "invoices",
  {
    id: uuidV7("id").primaryKey(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id),
    stripeInvoiceId: text("stripe_invoice_id").notNull().unique(),
    stripeSubscriptionId: text("stripe_subscription_id"),
    number: text("number"),
    status: invoiceStatus("status").notNull(),
    currency: text("currency").notNull(),
    issuedAt: instant("issued_at").notNull(),
    dueAt: instant("due_at"),
    paidAt: instant("paid_at"),
    periodStart: instant("period_start").notNull(),
    periodEnd: instant("period_end").notNull(),
    lines: jsonb("lines").$type<InvoiceLineRow[]>().notNull().default(sql`'[]'`),
    subtotal: whole("subtotal").notNull(),
    discountTotal: whole("discount_total").notNull(),
    tax: whole("tax").notNull(),
    total: whole("total").notNull(),
    amountDue: whole("amount_due").notNull(),
    hostedUrl: text("hosted_url"),
    pdfUrl: text("pdf_url"),
    ...timestamps,
  },
  (table) => [index("invoices_user_id_issued_at_id_idx").on(table.userId, table.issuedAt.desc(), table.id.desc())],
);

export type InvoiceRow = typeof invoices.$inferSelect;
