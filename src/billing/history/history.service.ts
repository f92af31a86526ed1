import type { Slice } from "../../db/keyset.js";
import type { Deps } from "../../deps.js";
import { countInvoices, findInvoices, listInvoices } from "./invoice.repository.js";
import type { InvoiceRow } from "./invoice.table.js";
import { countPayments, findPaymentsOfInvoices, listPayments } from "./payment.repository.js";
import type { PaymentRow } from "./payment.table.js";

/** A user's invoices, newest first. */
export function invoicesOf(deps: Deps, userId: string) {
  return {
    read: (slice: Slice) => listInvoices(deps.db, userId, slice),
    count: () => countInvoices(deps.db, userId),
  };
}

/** A user's payments, newest first. */
export function paymentsOf(deps: Deps, userId: string) {
  return {
    read: (slice: Slice) => listPayments(deps.db, userId, slice),
    count: () => countPayments(deps.db, userId),
  };
}

/** The row of each invoice, in the order asked for: the batch behind a loader. */
export async function loadInvoices(deps: Deps, ids: readonly string[]): Promise<(InvoiceRow | undefined)[]> {
  const rows = new Map((await findInvoices(deps.db, ids)).map((row) => [row.id, row]));
  return ids.map((id) => rows.get(id));
}

/** The payments of each invoice, in the order asked for: the batch behind a loader. */
export async function loadPaymentsOfInvoices(deps: Deps, invoiceIds: readonly string[]): Promise<PaymentRow[][]> {
  const payments = await findPaymentsOfInvoices(deps.db, invoiceIds);
  return invoiceIds.map((id) => payments.filter((payment) => payment.invoiceId === id));
}
