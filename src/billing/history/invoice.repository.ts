import { and, count, eq, sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import { keyset, type Slice } from "../../db/keyset.js";
import { type InvoiceRow, invoices } from "./invoice.table.js";

const byId = prepared((db) =>
  db
    .select()
    .from(invoices)
    .where(sql`${invoices.id} = any(${sql.placeholder("ids")}::uuid[])`)
    .prepare("invoices_by_id"),
);

/** The rows of these invoices, in no order. */
export function findInvoices(db: Db, ids: readonly string[]): Promise<InvoiceRow[]> {
  return byId(db).execute({ ids: [...ids] });
}

/** A slice of one user's invoices, in the order that the slice is read in. */
export function listInvoices(db: Db, userId: string, slice: Slice): Promise<InvoiceRow[]> {
  const { where, orderBy } = keyset(invoices.issuedAt, invoices.id, slice);
  return db
    .select()
    .from(invoices)
    .where(and(eq(invoices.userId, userId), where))
    .orderBy(...orderBy)
    .limit(slice.limit);
}

export async function countInvoices(db: Db, userId: string): Promise<number> {
  const [row] = await db.select({ total: count() }).from(invoices).where(eq(invoices.userId, userId));
  return row?.total ?? 0;
}

/** Writes the row of a Stripe invoice, new or not. */
export async function upsertInvoice(db: Db, row: typeof invoices.$inferInsert): Promise<InvoiceRow> {
  const target = invoices.stripeInvoiceId;
  const [stored] = await db.insert(invoices).values(row).onConflictDoUpdate({ target, set: row }).returning();
  if (!stored) throw new Error(`The row of ${row.stripeInvoiceId} was not returned.`);
  return stored;
}
