import type { Deps } from "../../deps.js";
import type { InvoiceSnapshot, PaymentSnapshot, Span } from "../../stripe/snapshots.js";
import type { InvoiceRow } from "./invoice.table.js";
import { reversalOf } from "./reversal.js";

/** What a period of a subscription was paid with, as Stripe has it now. */
export interface PeriodPayments {
  /** Stripe's ids of the invoices that charge for the period, or for a part of it. */
  readonly invoiceIds: readonly string[];
  /** Whether anything stands of it: money that was not taken back, credit that was used, a discount on all of it. */
  readonly isAnythingLeft: boolean;
  /** How much of the money was given back, in minor units. */
  readonly givenBack: number;
  /** Whether a bank has taken back some of the money, or asks about it, and has not decided for us. */
  readonly isDisputed: boolean;
}

/** Reads what the period of a subscription that ends then was paid with. */
export async function readPeriodPayments(
  deps: Deps,
  stripeSubscriptionId: string,
  periodEnd: Date,
): Promise<PeriodPayments> {
  const all = await deps.stripe.invoicesOfSubscription(stripeSubscriptionId);
  const invoices = all.filter(({ lines }) => lines.some((line) => line.amount > 0 && endsThen(line, periodEnd)));
  const bills = await Promise.all(invoices.map((invoice) => readBill(deps, invoice, periodEnd)));
  const payments = bills.flatMap(({ payments }) => payments);
  return {
    invoiceIds: invoices.map(({ id }) => id),
    isAnythingLeft: payments.some((payment) => !isTakenBack(payment)) || bills.some(isPaidOtherwise),
    givenBack: payments.reduce((sum, { refundedAmount }) => sum + refundedAmount, 0),
    isDisputed: payments.some(({ dispute }) => dispute !== null && !decidedForUs.includes(dispute.status)),
  };
}

/**
 * The invoice that credited the rest of a period which an invoice charged for, as where that was canceled or paused at once,
 * as Stripe has it; undefined where none did.
 */
export async function findCreditFor(
  deps: Deps,
  { lines, stripeSubscriptionId }: Pick<InvoiceRow, "lines" | "stripeSubscriptionId">,
): Promise<InvoiceSnapshot | undefined> {
  if (!stripeSubscriptionId) return undefined;
  const ends = lines.filter(({ amount }) => amount > 0).map(({ end }) => new Date(end));
  const all = await deps.stripe.invoicesOfSubscription(stripeSubscriptionId);
  return all.find(
    ({ total, lines }) => total < 0 && lines.some((line) => line.amount < 0 && ends.some((end) => endsThen(line, end))),
  );
}

/** In these nothing is asked any more, and nothing is lost: https://docs.stripe.com/api/disputes/object */
const decidedForUs: readonly string[] = ["won", "warning_closed", "prevented"];

/** An invoice with what was received for it, whatever has become of that since. */
interface Bill {
  readonly invoice: InvoiceSnapshot;
  readonly payments: readonly PaymentSnapshot[];
  /** Whether it charges for the period as a whole. */
  readonly isWhole: boolean;
}

const received: readonly PaymentSnapshot["status"][] = ["SUCCEEDED", "PARTIALLY_REFUNDED", "REFUNDED"];

async function readBill(deps: Deps, invoice: InvoiceSnapshot, periodEnd: Date): Promise<Bill> {
  const payments = await Promise.all(invoice.paymentIntentIds.map((id) => deps.stripe.getPayment(id)));
  const isWhole = invoice.lines.some((line) => !line.isProration && line.amount > 0 && endsThen(line, periodEnd));
  return { invoice, payments: payments.filter(({ status }) => received.includes(status)), isWhole };
}

function endsThen({ period }: { readonly period: Span }, periodEnd: Date): boolean {
  return period.end.getTime() === periodEnd.getTime();
}

function isTakenBack({ dispute, ...payment }: PaymentSnapshot): boolean {
  const disputed = { disputeStatus: dispute?.status ?? null, disputedAmount: dispute?.amount ?? null };
  return reversalOf({ ...payment, ...disputed }) !== null;
}

/**
 * Whether an invoice was paid with more than the payments for it: from the customer's credit, say. A period that nothing
 * was due for was a present; a part of one that cost nothing was part of what the whole of it cost.
 */
function isPaidOtherwise({ invoice: { status, total }, payments, isWhole }: Bill): boolean {
  if (status !== "PAID") return false;
  const money = payments.reduce((sum, { amount }) => sum + amount, 0);
  return total > money || (total === 0 && isWhole);
}
