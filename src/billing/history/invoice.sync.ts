import type { Deps } from "../../deps.js";
import type { InvoiceSnapshot } from "../../stripe/snapshots.js";
import { unlessMissing } from "../../stripe/stripe-errors.js";
import { unlessForgotten } from "../users/forgotten.js";
import type { Write } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import { deleteInvoice, findInvoiceByStripeId, upsertInvoice } from "./invoice.repository.js";
import type { InvoiceRow } from "./invoice.table.js";
import { detachInvoice } from "./payment.repository.js";
import { storePayment } from "./payment.store.js";

/** Reads an invoice and the payments made against it; the write makes our rows match. */
export async function syncInvoice(deps: Deps, user: UserRow, stripeInvoiceId: string): Promise<Write<InvoiceRow>> {
  return prepareInvoice(deps, user, await deps.stripe.getInvoice(stripeInvoiceId));
}

/**
 * The same for one that may be gone: a draft can be deleted, and then Stripe does not have it any more. Other invoices
 * cannot, so one that is missing is left as it is: https://docs.stripe.com/api/invoices/delete
 */
export async function syncOrForgetInvoice(deps: Deps, user: UserRow, stripeInvoiceId: string): Promise<Write<unknown>> {
  const invoice = await unlessMissing(deps.stripe.getInvoice(stripeInvoiceId));
  if (invoice) return prepareInvoice(deps, user, invoice);
  return async (inside) => {
    const row = await findInvoiceByStripeId(inside.db, stripeInvoiceId);
    if (row?.status === "DRAFT") await forgetInvoice(inside, user, stripeInvoiceId);
  };
}

async function prepareInvoice(deps: Deps, user: UserRow, invoice: InvoiceSnapshot): Promise<Write<InvoiceRow>> {
  const payments = await Promise.all(invoice.paymentIntentIds.map((id) => deps.stripe.getPayment(id)));
  return async (inside) => {
    const row = await upsertInvoice(inside.db, invoiceColumns(user, invoice));
    for (const payment of payments) await storePayment(inside, user, payment, row.id);
    return row;
  };
}

/** What is stored of an invoice. */
export function invoiceColumns(user: UserRow, invoice: InvoiceSnapshot) {
  const lines = invoice.lines.map(({ period, ...line }) => ({
    ...line,
    start: period.start.toISOString(),
    end: period.end.toISOString(),
  }));
  return {
    userId: user.id,
    stripeInvoiceId: invoice.id,
    stripeSubscriptionId: invoice.subscriptionId,
    number: invoice.number,
    status: invoice.status,
    currency: invoice.currency,
    issuedAt: invoice.issuedAt,
    dueAt: invoice.dueAt,
    paidAt: invoice.paidAt,
    periodStart: invoice.period.start,
    periodEnd: invoice.period.end,
    lines,
    subtotal: invoice.subtotal,
    discountTotal: invoice.discountTotal,
    tax: invoice.tax,
    total: invoice.total,
    amountDue: invoice.amountDue,
    hostedUrl: unlessForgotten(user, invoice.hostedUrl),
    pdfUrl: unlessForgotten(user, invoice.pdfUrl),
  };
}

/** Drops the row of an invoice that Stripe does not have; payments against it stay. */
export async function forgetInvoice(inside: Deps, user: UserRow, stripeInvoiceId: string): Promise<void> {
  const row = await findInvoiceByStripeId(inside.db, stripeInvoiceId);
  if (!row) return;
  await detachInvoice(inside.db, row.id);
  await deleteInvoice(inside.db, user.id, stripeInvoiceId);
}
