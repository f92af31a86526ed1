import type { InvoiceRow } from "../history/invoice.table.js";
import type { PaymentRow } from "../history/payment.table.js";
import { reversalOf } from "../history/reversal.js";
import { isRunning } from "../subscriptions/subscription.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";

/** What of a subscription tells which period runs. */
type Period = Pick<SubscriptionRow, "status" | "currentPeriodStart" | "currentPeriodEnd">;

/**
 * Whether an invoice is the one that the period which runs now is paid by: it charges for that period as a whole.
 *
 * One for a part of it, as for seats that were added meanwhile, is not: who has paid for the rest keeps it.
 */
export function paysRunningPeriod({ lines }: Pick<InvoiceRow, "lines">, subscription: Period, now: Date): boolean {
  const { currentPeriodStart: start, currentPeriodEnd: end } = subscription;
  if (!isRunning(subscription) || !start || !end || now < start || now >= end) return false;
  return lines.some((line) => !line.isProration && line.amount > 0 && new Date(line.end).getTime() === end.getTime());
}

const paid: readonly PaymentRow["status"][] = ["SUCCEEDED", "PARTIALLY_REFUNDED", "REFUNDED"];

/** Whether nothing is left of what an invoice was paid with, which may be more than one payment. */
export function isNothingLeft(payments: readonly PaymentRow[]): boolean {
  return payments.every((payment) => !paid.includes(payment.status) || reversalOf(payment) !== null);
}
