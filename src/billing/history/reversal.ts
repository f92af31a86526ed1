import type { PaymentRow } from "./payment.table.js";

/** The name of the job that ends the access of customers whose payments were taken back. */
export const endAccessTask = "end-access";

/** How a payment was taken back. */
export type Reversal = "DISPUTE" | "REFUND";

/** What of a payment tells that. */
type Payment = Pick<PaymentRow, "status" | "amount" | "refundedAmount" | "disputeStatus" | "disputedAmount">;

/**
 * How all of a payment was taken back, null where it was not: a dispute may be about a part of it, and until it is lost
 * nothing is decided. https://docs.stripe.com/api/disputes/object#dispute_object-status
 */
export function reversalOf(payment: Payment): Reversal | null {
  const { status, amount, refundedAmount, disputeStatus, disputedAmount } = payment;
  if (status === "REFUNDED") return "REFUND";
  const isLost = disputeStatus === "lost" && refundedAmount + (disputedAmount ?? 0) >= amount;
  return isLost ? "DISPUTE" : null;
}
