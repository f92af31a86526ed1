import type { Deps } from "../../deps.js";
import type { PaymentSnapshot } from "../../stripe/snapshots.js";
import type { UserRow } from "../users/user.table.js";
import { upsertPayment } from "./payment.repository.js";
import type { PaymentRow } from "./payment.table.js";

/** Writes a payment as Stripe has it. `invoiceId` is our invoice that it pays; null keeps the one that is known. */
export function storePayment(
  inside: Deps,
  user: UserRow,
  payment: PaymentSnapshot,
  invoiceId: string | null,
): Promise<PaymentRow> {
  return upsertPayment(inside.db, paymentColumns(user, payment, invoiceId));
}

/** What is stored of a payment. */
export function paymentColumns(user: UserRow, payment: PaymentSnapshot, invoiceId: string | null) {
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
    methodKind: payment.method?.kind ?? null,
    methodBrand: payment.method?.brand ?? null,
    methodLast4: payment.method?.last4 ?? null,
    methodExpMonth: payment.method?.expMonth ?? null,
    methodExpYear: payment.method?.expYear ?? null,
    stripeDisputeId: payment.dispute?.id ?? null,
    disputeStatus: payment.dispute?.status ?? null,
    disputedAmount: payment.dispute?.amount ?? null,
    receiptUrl: payment.receiptUrl,
  };
}
