import type { Deps } from "../../deps.js";
import type { InvoiceSnapshot, PaymentSnapshot } from "../../stripe/snapshots.js";
import type { Write } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import { upsertInvoice } from "./invoice.repository.js";
import { invoiceColumns } from "./invoice.sync.js";
import { findComparedPayments, setReversalsSettled } from "./payment.repository.js";
import { storePayment } from "./payment.store.js";
import { reversalOf } from "./reversal.js";

/**
 * Reads all invoices and payments of a Stripe customer; the write makes our rows match.
 *
 * By the page, and so in a fraction of the requests that reading them one by one takes: for who comes with a history.
 * What was taken back before we knew of it was settled by whoever sold it, and ends nobody's access.
 */
export async function syncHistory(deps: Deps, user: UserRow, stripeCustomerId: string): Promise<Write<void>> {
  const [invoices, listed] = await Promise.all([
    deps.stripe.listInvoices(stripeCustomerId),
    deps.stripe.listPayments(stripeCustomerId),
  ]);
  const payments = [...listed, ...(await paymentsBeside(deps, invoices, listed))];
  return async (inside) => {
    const known = new Set((await findComparedPayments(inside.db, user.id, [])).map(({ id }) => id));
    const invoiceIds = new Map<string, string>();
    for (const invoice of invoices) {
      const { id } = await upsertInvoice(inside.db, invoiceColumns(user, invoice));
      for (const paymentId of invoice.paymentIntentIds) invoiceIds.set(paymentId, id);
    }
    const stored = [];
    for (const payment of payments) {
      stored.push(await storePayment(inside, user, payment, invoiceIds.get(payment.id) ?? null));
    }
    const settled = stored.filter((row) => !known.has(row.id) && reversalOf(row) !== null);
    await setReversalsSettled(
      inside.db,
      settled.map(({ id }) => id),
      inside.now(),
    );
  };
}

/** Payments of the invoices that name no customer, or another one: no list of this customer's has them. */
function paymentsBeside(
  deps: Deps,
  invoices: readonly InvoiceSnapshot[],
  listed: readonly PaymentSnapshot[],
): Promise<PaymentSnapshot[]> {
  const known = new Set(listed.map(({ id }) => id));
  const beside = new Set(invoices.flatMap(({ paymentIntentIds }) => paymentIntentIds).filter((id) => !known.has(id)));
  return Promise.all([...beside].map((id) => deps.stripe.getPayment(id)));
}
