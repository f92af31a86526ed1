import { and, count, eq, sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import { type Between, isAnyOf, isBetween } from "../../db/filter.js";
import { keyset, newestFirst, type Slice } from "../../db/keyset.js";
import { belongsToOwners, type Owners, ownersParameter } from "../../db/owners.js";
import { type InvoiceRow, invoices } from "./invoice.table.js";

const byId = prepared((db) =>
  db
    .select()
    .from(invoices)
    .where(and(sql`${invoices.id} = any(${sql.placeholder("ids")}::uuid[])`, belongsToOwners(invoices.userId)))
    .prepare("invoices_by_id"),
);

/** The rows of these invoices, in no order; somebody else's are left out. */
export function findInvoices(db: Db, owners: Owners, ids: readonly string[]): Promise<InvoiceRow[]> {
  return byId(db).execute({ ids: [...ids], owners: ownersParameter(owners) });
}

/** Which invoices of a user to list: what is left out does not narrow. */
export interface InvoiceCriteria {
  readonly status?: readonly InvoiceRow["status"][] | null;
  readonly issuedAt?: Between | null;
}

/** A slice of one user's invoices, in the order that the slice is read in. */
export function listInvoices(db: Db, userId: string, filter: InvoiceCriteria, slice: Slice): Promise<InvoiceRow[]> {
  const { where, orderBy } = keyset(newestFirst(invoices.issuedAt, invoices.id), slice);
  return db
    .select()
    .from(invoices)
    .where(and(matching(userId, filter), where))
    .orderBy(...orderBy)
    .limit(slice.limit);
}

export async function countInvoices(db: Db, userId: string, filter: InvoiceCriteria): Promise<number> {
  const [row] = await db.select({ total: count() }).from(invoices).where(matching(userId, filter));
  return row?.total ?? 0;
}

function matching(userId: string, filter: InvoiceCriteria) {
  return and(
    eq(invoices.userId, userId),
    isAnyOf(invoices.status, filter.status),
    isBetween(invoices.issuedAt, filter.issuedAt),
  );
}

/** Writes the row of a Stripe invoice, new or not. */
export async function upsertInvoice(db: Db, row: typeof invoices.$inferInsert): Promise<InvoiceRow> {
  const target = invoices.stripeInvoiceId;
  const [stored] = await db.insert(invoices).values(row).onConflictDoUpdate({ target, set: row }).returning();
  if (!stored) throw new Error(`The row of ${row.stripeInvoiceId} was not returned.`);
  return stored;
}

const compared = prepared((db) =>
  db
    .select()
    .from(invoices)
    .where(
      sql`${invoices.userId} = ${sql.placeholder("userId")}
        or ${invoices.stripeInvoiceId} = any(${sql.placeholder("stripeIds")}::text[])`,
    )
    .prepare("compared_invoices"),
);

/** A user's invoices, and those of these Stripe ids whoever's they are. */
export function findComparedInvoices(db: Db, userId: string, stripeIds: readonly string[]): Promise<InvoiceRow[]> {
  return compared(db).execute({ userId, stripeIds: [...stripeIds] });
}

/** The row of a Stripe invoice, whoever's it is. */
export async function findInvoiceByStripeId(db: Db, stripeInvoiceId: string): Promise<InvoiceRow | undefined> {
  return (await db.select().from(invoices).where(eq(invoices.stripeInvoiceId, stripeInvoiceId)))[0];
}

/** Deletes the row of a user's invoice, which no payment may refer to any more. */
export async function deleteInvoice(db: Db, userId: string, stripeInvoiceId: string): Promise<void> {
  await db.delete(invoices).where(and(eq(invoices.stripeInvoiceId, stripeInvoiceId), eq(invoices.userId, userId)));
}
