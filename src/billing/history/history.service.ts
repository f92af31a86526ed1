import type { Slice } from "../../db/keyset.js";
import type { Owners } from "../../db/owners.js";
import type { Deps } from "../../deps.js";
import { countInvoices, findInvoices, type InvoiceCriteria, listInvoices } from "./invoice.repository.js";
import type { InvoiceRow } from "./invoice.table.js";
import {
  countPayments,
  findLifetimeValues,
  findPayments,
  findPaymentsOfInvoices,
  findUnsettledReversals,
  listPayments,
  type PaymentCriteria,
  setReversalsSettled,
} from "./payment.repository.js";
import type { PaymentRow } from "./payment.table.js";

/** A user's invoices, newest first. */
export function invoicesOf(deps: Deps, userId: string, filter: InvoiceCriteria) {
  return {
    read: (slice: Slice) => listInvoices(deps.db, userId, filter, slice),
    count: () => countInvoices(deps.db, userId, filter),
  };
}

/** A user's payments, newest first. */
export function paymentsOf(deps: Deps, userId: string, filter: PaymentCriteria) {
  return {
    read: (slice: Slice) => listPayments(deps.db, userId, filter, slice),
    count: () => countPayments(deps.db, userId, filter),
  };
}

/** The invoices among these that belong to the owners. */
export function findInvoicesOf(deps: Deps, owners: Owners, ids: readonly string[]): Promise<InvoiceRow[]> {
  return findInvoices(deps.db, owners, ids);
}

/** The payments among these that belong to the owners. */
export function findPaymentsOf(deps: Deps, owners: Owners, ids: readonly string[]): Promise<PaymentRow[]> {
  return findPayments(deps.db, owners, ids);
}

/** One payment, whoever's it is. */
export async function findPayment(deps: Deps, id: string): Promise<PaymentRow | undefined> {
  return (await findPayments(deps.db, "EVERYBODY", [id]))[0];
}

/** The row of each invoice, whoever's it is, in the order asked for: the batch behind a loader. */
export async function loadInvoices(deps: Deps, ids: readonly string[]): Promise<(InvoiceRow | undefined)[]> {
  const rows = new Map((await findInvoices(deps.db, "EVERYBODY", ids)).map((row) => [row.id, row]));
  return ids.map((id) => rows.get(id));
}

/** The payments of each invoice, in the order asked for: the batch behind a loader. */
export async function loadPaymentsOfInvoices(deps: Deps, invoiceIds: readonly string[]): Promise<PaymentRow[][]> {
  const payments = await findPaymentsOfInvoices(deps.db, invoiceIds);
  return invoiceIds.map((id) => payments.filter((payment) => payment.invoiceId === id));
}

/** Payments, of one user or of all, that may have been taken back and of which it is not settled what that means. */
export function listUnsettledReversals(deps: Deps, userId: string | null): Promise<PaymentRow[]> {
  return findUnsettledReversals(deps.db, userId, mostReversals);
}

const mostReversals = 100;

/** Notes that it is settled what the taking back of a payment means. */
export function markReversalSettled(deps: Deps, { id }: PaymentRow): Promise<void> {
  return setReversalsSettled(deps.db, [id], deps.now());
}

/** What somebody has paid so far, less what was given back, in minor units. */
export interface LifetimeValue {
  readonly amount: number;
  readonly currency: string;
}

/** What each user has paid so far, in the order asked for; undefined for who never paid: the batch behind a loader. */
export async function loadLifetimeValues(
  deps: Deps,
  userIds: readonly string[],
): Promise<(LifetimeValue | undefined)[]> {
  const values = new Map((await findLifetimeValues(deps.db, userIds)).map((value) => [value.userId, value]));
  return userIds.map((userId) => values.get(userId));
}
