import type { Deps } from "../../deps.js";
import { enqueue } from "../../jobs/enqueue.js";
import type { PaymentSnapshot } from "../../stripe/snapshots.js";
import { unlessForgotten } from "../users/forgotten.js";
import type { UserRow } from "../users/user.table.js";
import { upsertPayment } from "./payment.repository.js";
import type { PaymentRow } from "./payment.table.js";
import { endAccessTask, reversalOf } from "./reversal.js";

/**
 * Writes a payment as Stripe has it. `invoiceId` is our invoice that it pays; null keeps the one that is known.
 *
 * One that was taken back has what that means for the customer settled by a job, as soon as this is committed.
 */
export async function storePayment(
  inside: Deps,
  user: UserRow,
  payment: PaymentSnapshot,
  invoiceId: string | null,
): Promise<PaymentRow> {
  const row = await upsertPayment(inside.db, paymentColumns(user, payment, invoiceId));
  const isToSettle = reversalOf(row) !== null && row.reversalSettledAt === null;
  if (isToSettle) await enqueue(inside.db, endAccessTask, { key: endAccessTask });
  return row;
}

/** What is stored of a payment. */
export function paymentColumns(user: UserRow, payment: PaymentSnapshot, invoiceId: string | null) {
  const method = unlessForgotten(user, payment.method);
  return {
    userId: user.id,
    stripePaymentIntentId: payment.id,
    ...(invoiceId && { invoiceId }),
    status: payment.status,
    amount: payment.amount,
    refundedAmount: payment.refundedAmount,
    currency: payment.currency,
    createdAt: payment.createdAt,
    failureCode: payment.failureCode,
    failureMessage: payment.failureMessage,
    methodKind: method?.kind ?? null,
    methodBrand: method?.brand ?? null,
    methodLast4: method?.last4 ?? null,
    methodExpMonth: method?.expMonth ?? null,
    methodExpYear: method?.expYear ?? null,
    stripeDisputeId: payment.dispute?.id ?? null,
    disputeStatus: payment.dispute?.status ?? null,
    disputedAmount: payment.dispute?.amount ?? null,
    receiptUrl: unlessForgotten(user, payment.receiptUrl),
  };
}
