import Stripe from "stripe";
import {
  type InvoiceLineSnapshot,
  type InvoicePreviewSnapshot,
  type InvoiceSnapshot,
  idOf,
  instantOf,
  invoiceStatuses,
  type Span,
} from "./snapshots.js";

const mostLines = 100;

/** Reads an invoice as the pinned API version spells it; `payments` must be expanded. */
export function invoiceSnapshot(invoice: Stripe.Invoice): InvoiceSnapshot {
  const lines = invoice.lines.data.slice(0, mostLines).map(lineSnapshot);
  return {
    id: invoice.id ?? "",
    customerId: idOf(invoice.customer),
    subscriptionId: idOf(invoice.parent?.subscription_details?.subscription),
    number: invoice.number,
    status: invoiceStatuses.find((each) => each === invoice.status?.toUpperCase()) ?? "DRAFT",
    currency: invoice.currency,
    issuedAt: instantOf(invoice.status_transitions.finalized_at) ?? instantOf(invoice.created),
    dueAt: instantOf(invoice.due_date),
    paidAt: instantOf(invoice.status_transitions.paid_at),
    period: periodOf(invoice, lines),
    lines,
    subtotal: invoice.subtotal,
    discountTotal: sum(invoice.total_discount_amounts),
    tax: sum(invoice.total_taxes),
    total: invoice.total,
    amountDue: invoice.amount_remaining,
    hostedUrl: invoice.hosted_invoice_url ?? null,
    pdfUrl: invoice.invoice_pdf ?? null,
    paymentIntentIds: (invoice.payments?.data ?? []).flatMap(({ payment }) => idOf(payment.payment_intent) ?? []),
  };
}

/**
 * Reads a preview: an invoice of what would be charged at the end of the running period, with the next attempt
 * to pay as its date. https://docs.stripe.com/api/invoices/create_preview
 */
export function invoicePreviewSnapshot(invoice: Stripe.Invoice): InvoicePreviewSnapshot {
  return {
    currency: invoice.currency,
    lines: invoice.lines.data.slice(0, mostLines).map(lineSnapshot),
    tax: sum(invoice.total_taxes),
    total: invoice.total,
    due: invoice.amount_due,
    // An invoice that is sent to be paid is never attempted: it goes out when the period ends.
    chargedAt: instantOf(invoice.next_payment_attempt) ?? instantOf(invoice.period_end),
  };
}

/** Stripe's answer where no invoice is to come, as null; every other failure is thrown again. */
export function nothingUpcoming(error: unknown): null {
  if (error instanceof Stripe.errors.StripeError && error.code === "invoice_upcoming_none") return null;
  throw error;
}

/**
 * The time that is billed. An invoice's own period looks back to when items were collected, so that of
 * a first subscription invoice is empty: https://docs.stripe.com/api/invoices/object#invoice_object-period_end
 */
function periodOf(invoice: Stripe.Invoice, lines: readonly InvoiceLineSnapshot[]): Span {
  const billed = lines.filter((line) => !line.isProration);
  if (billed.length === 0) return { start: instantOf(invoice.period_start), end: instantOf(invoice.period_end) };
  return {
    start: new Date(Math.min(...billed.map(({ period }) => period.start.getTime()))),
    end: new Date(Math.max(...billed.map(({ period }) => period.end.getTime()))),
  };
}

/** One line of an invoice or of a preview. */
export function lineSnapshot(line: Stripe.InvoiceLineItem): InvoiceLineSnapshot {
  const parent = line.parent?.subscription_item_details ?? line.parent?.invoice_item_details;
  return {
    description: line.description ?? "",
    quantity: line.quantity,
    amount: line.amount,
    isProration: parent?.proration ?? false,
    period: { start: instantOf(line.period.start), end: instantOf(line.period.end) },
  };
}

function sum(parts: readonly { amount: number }[] | null): number {
  return (parts ?? []).reduce((total, part) => total + part.amount, 0);
}
