import { v5 } from "uuid";
import { type RefusedOutcome, refuse } from "../../errors.js";
import type { StripeRefused } from "../../stripe/stripe-errors.js";
import type { PaymentRow } from "../history/payment.table.js";

const refundNamespace = "3d4c1f0a-7f0b-4c55-9a53-54f3b1f4a2e8";

/**
 * Our ID of a refund, derived from the caller's key: by it the refund is found again at Stripe however much later the key
 * comes once more, when Stripe and we have both forgotten the call.
 */
export function refundIdOf(userId: string, idempotencyKey: string): string {
  return v5(`${userId} ${idempotencyKey}`, refundNamespace);
}

const paths = { paymentId: { path: ["input", "paymentId"] }, amount: { path: ["input", "amount"] } };

/** Why an amount can never be given back; undefined when it can. */
export function amountFault(amount: number | null): RefusedOutcome | undefined {
  if (amount === null || amount > 0) return undefined;
  return refuse("INVALID_INPUT", "A refund is a whole number of minor units from 1.", paths.amount);
}

/** What of a payment a refund depends on. */
type Paid = Pick<PaymentRow, "status" | "amount" | "refundedAmount">;

/** How much is given back when this much is asked for, all that is left when nothing is said; or why nothing can be. */
export function refundable(payment: Paid, amount: number | null): number | RefusedOutcome {
  const wasMade = ["SUCCEEDED", "PARTIALLY_REFUNDED", "REFUNDED"].includes(payment.status);
  if (!wasMade)
    return refuse("INVALID_INPUT", "This payment was never made: nothing can be given back.", paths.paymentId);
  const left = payment.amount - payment.refundedAmount;
  if (left <= 0)
    return refuse("REFUND_EXCEEDS_PAYMENT", "All of this payment was given back already.", paths.paymentId);
  return amount !== null && amount > left
    ? refuse("REFUND_EXCEEDS_PAYMENT", undefined, paths.amount)
    : (amount ?? left);
}

/**
 * Why Stripe would not give money back. Throws anything else again: https://docs.stripe.com/error-codes
 *
 * What a bank has taken back cannot be given back too; whether a disputed payment still can only Stripe knows.
 */
export function refusalOf(error: StripeRefused): RefusedOutcome {
  if (error.code === "charge_disputed") {
    const message = "The customer's bank has taken this payment back: it can only be answered as a dispute.";
    return refuse("INVALID_INPUT", message, paths.paymentId);
  }
  const isTooMuch = error.code === "charge_already_refunded" || error.param === "amount";
  if (isTooMuch) return refuse("REFUND_EXCEEDS_PAYMENT", undefined, paths.amount);
  throw error;
}
