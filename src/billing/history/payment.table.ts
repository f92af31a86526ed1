import { sql } from "drizzle-orm";
import { index, integer, pgEnum, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { instant, timestamps, uuidV7, whole } from "../../db/columns.js";
import { paymentStatuses } from "../../stripe/snapshots.js";
import { users } from "../users/user.table.js";
import { invoices } from "./invoice.table.js";

export const paymentStatus = pgEnum("payment_status", paymentStatuses);

/** One row per Stripe payment intent. Stripe owns the truth; `payment.sync.ts` is the only writer. */
export const payments = pgTable(
  "payments",
  {
    id: uuidV7("id").primaryKey(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id),
    stripePaymentIntentId: text("stripe_payment_intent_id").notNull().unique(),
    invoiceId: uuid("invoice_id").references(() => invoices.id),
    status: paymentStatus("status").notNull(),
    amount: whole("amount").notNull(),
    refundedAmount: whole("refunded_amount").notNull(),
    currency: text("currency").notNull(),
    createdAt: instant("created_at").notNull(),
    failureCode: text("failure_code"),
    failureMessage: text("failure_message"),
    methodKind: text("method_kind"),
    methodBrand: text("method_brand"),
    methodLast4: text("method_last4"),
    methodExpMonth: integer("method_exp_month"),
    methodExpYear: integer("method_exp_year"),
    /** Its newest dispute; null where there never was one. The status is in Stripe's words: it adds to them. */
    stripeDisputeId: text("stripe_dispute_id"),
    disputeStatus: text("dispute_status"),
    disputedAmount: whole("disputed_amount"),
    receiptUrl: text("receipt_url"),
    /** When it was settled what its being taken back means for the customer's access; null until then, and where it was not. */
    reversalSettledAt: instant("reversal_settled_at"),
    ...timestamps,
  },
  (table) => [
    index("payments_user_id_created_at_id_idx").on(table.userId, table.createdAt.desc(), table.id.desc()),
    index("payments_invoice_id_idx").on(table.invoiceId),
    // Few, if any: looked through each minute.
    index("payments_unsettled_reversals_idx")
      .on(table.userId)
      .where(
        sql`${table.reversalSettledAt} is null and (${table.status} = 'REFUNDED' or ${table.disputeStatus} = 'lost')`,
      ),
  ],
);

export type PaymentRow = typeof payments.$inferSelect;
