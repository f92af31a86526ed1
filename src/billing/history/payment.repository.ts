import { and, count, eq, inArray, isNull, or, sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import { type Between, isAnyOf, isBetween } from "../../db/filter.js";
import { keyset, newestFirst, type Slice } from "../../db/keyset.js";
import { belongsToOwners, type Owners, ownersParameter } from "../../db/owners.js";
import { type PaymentRow, payments } from "./payment.table.js";

const byId = prepared((db) =>
  db
    .select()
    .from(payments)
    .where(and(sql`${payments.id} = any(${sql.placeholder("ids")}::uuid[])`, belongsToOwners(payments.userId)))
    .prepare("payments_by_id"),
);

/** The rows of these payments, in no order; somebody else's are left out. */
export function findPayments(db: Db, owners: Owners, ids: readonly string[]): Promise<PaymentRow[]> {
  return byId(db).execute({ ids: [...ids], owners: ownersParameter(owners) });
}

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

const takenFrom = prepared((db) => {
  const { userId, currency, status, amount, refundedAmount, createdAt } = payments;
  return db
    .selectDistinctOn([userId], {
      userId,
      currency,
      amount: sql`sum(${amount} - ${refundedAmount})`.mapWith(Number),
    })
    .from(payments)
    .where(
      and(
        sql`${userId} = any(${sql.placeholder("userIds")}::uuid[])`,
        inArray(status, ["SUCCEEDED", "PARTIALLY_REFUNDED", "REFUNDED"]),
      ),
    )
    .groupBy(userId, currency)
    .orderBy(userId, sql`max(${createdAt}) desc`, currency)
    .prepare("taken_from_users");
});

/** What each of these users has paid less what was given back, in the currency of the newest payment; those who never paid are left out. */
export function findLifetimeValues(db: Db, userIds: readonly string[]) {
  return takenFrom(db).execute({ userIds: [...userIds] });
}

/** Which payments of a user to list: what is left out does not narrow. */
export interface PaymentCriteria {
  readonly status?: readonly PaymentRow["status"][] | null;
  readonly createdAt?: Between | null;
}

/** A slice of one user's payments, in the order that the slice is read in. */
export function listPayments(db: Db, userId: string, filter: PaymentCriteria, slice: Slice): Promise<PaymentRow[]> {
  const { where, orderBy } = keyset(newestFirst(payments.createdAt, payments.id), slice);
  return db
    .select()
    .from(payments)
    .where(and(matching(userId, filter), where))
    .orderBy(...orderBy)
    .limit(slice.limit);
}

export async function countPayments(db: Db, userId: string, filter: PaymentCriteria): Promise<number> {
  const [row] = await db.select({ total: count() }).from(payments).where(matching(userId, filter));
  return row?.total ?? 0;
}

function matching(userId: string, filter: PaymentCriteria) {
  return and(
    eq(payments.userId, userId),
    isAnyOf(payments.status, filter.status),
    isBetween(payments.createdAt, filter.createdAt),
  );
}

/** Writes the row of a Stripe payment intent, new or not. */
export async function upsertPayment(db: Db, row: typeof payments.$inferInsert): Promise<PaymentRow> {
  const target = payments.stripePaymentIntentId;
  const [stored] = await db.insert(payments).values(row).onConflictDoUpdate({ target, set: row }).returning();
  if (!stored) throw new Error(`The row of ${row.stripePaymentIntentId} was not returned.`);
  return stored;
}

const compared = prepared((db) =>
  db
    .select()
    .from(payments)
    .where(
      sql`${payments.userId} = ${sql.placeholder("userId")}
        or ${payments.stripePaymentIntentId} = any(${sql.placeholder("stripeIds")}::text[])`,
    )
    .prepare("compared_payments"),
);

/** A user's payments, and those of these Stripe ids whoever's they are. */
export function findComparedPayments(db: Db, userId: string, stripeIds: readonly string[]): Promise<PaymentRow[]> {
  return compared(db).execute({ userId, stripeIds: [...stripeIds] });
}

/** The row of a Stripe payment intent, whoever's it is. */
export async function findPaymentByStripeId(db: Db, paymentIntentId: string): Promise<PaymentRow | undefined> {
  return (await db.select().from(payments).where(eq(payments.stripePaymentIntentId, paymentIntentId)))[0];
}

/** Payments, of one user or of all, that may have been taken back and of which it is not settled what that means. */
export function findUnsettledReversals(db: Db, userId: string | null, limit: number): Promise<PaymentRow[]> {
  const isTakenBack = or(sql`${payments.status} = 'REFUNDED'`, sql`${payments.disputeStatus} = 'lost'`);
  const isWanted = userId === null ? undefined : eq(payments.userId, userId);
  return db
    .select()
    .from(payments)
    .where(and(isNull(payments.reversalSettledAt), isTakenBack, isWanted))
    .limit(limit);
}

/** Notes that it is settled what the taking back of these payments means. */
export async function setReversalsSettled(db: Db, ids: readonly string[], now: Date): Promise<void> {
  await db
    .update(payments)
    .set({ reversalSettledAt: now })
    .where(inArray(payments.id, [...ids]));
}

/** Takes an invoice off the payments that were made against it. */
export async function detachInvoice(db: Db, invoiceId: string): Promise<void> {
  await db.update(payments).set({ invoiceId: null }).where(eq(payments.invoiceId, invoiceId));
}

/** Deletes the row of a user's payment. */
export async function deletePayment(db: Db, userId: string, paymentIntentId: string): Promise<void> {
  const mine = eq(payments.stripePaymentIntentId, paymentIntentId);
  await db.delete(payments).where(and(mine, eq(payments.userId, userId)));
}
