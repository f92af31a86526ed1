import { and, count, eq, sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import { keyset, type Slice } from "../../db/keyset.js";
import { type PaymentRow, payments } from "./payment.table.js";

const byInvoice = prepared((db) =>
  db
    .select()
    .from(payments)
    .where(sql`${payments.invoiceId} = any(${sql.placeholder("invoiceIds")}::uuid[])`)
    .orderBy(sql`${payments.createdAt} desc`, sql`${payments.id} desc`)
    .prepare("payments_by_invoice"),
);

/** The payments made against these invoices, newest first. */
export function findPaymentsOfInvoices(db: Db, invoiceIds: readonly string[]): Promise<PaymentRow[]> {
  return byInvoice(db).execute({ invoiceIds: [...invoiceIds] });
}

/** A slice of one user's payments, in the order that the slice is read in. */
export function listPayments(db: Db, userId: string, slice: Slice): Promise<PaymentRow[]> {
  const { where, orderBy } = keyset(payments.createdAt, payments.id, slice);
  return db
    .select()
    .from(payments)
    .where(and(eq(payments.userId, userId), where))
    .orderBy(...orderBy)
    .limit(slice.limit);
}

export async function countPayments(db: Db, userId: string): Promise<number> {
  const [row] = await db.select({ total: count() }).from(payments).where(eq(payments.userId, userId));
  return row?.total ?? 0;
}

/** Writes the row of a Stripe payment intent, new or not. */
export async function upsertPayment(db: Db, row: typeof payments.$inferInsert): Promise<PaymentRow> {
  const target = payments.stripePaymentIntentId;
  const [stored] = await db.insert(payments).values(row).onConflictDoUpdate({ target, set: row }).returning();
  if (!stored) throw new Error(`The row of ${row.stripePaymentIntentId} was not returned.`);
  return stored;
}
