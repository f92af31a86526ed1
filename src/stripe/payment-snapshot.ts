import type Stripe from "stripe";
import {
  type DisputeSnapshot,
  idOf,
  instantOf,
  type PaymentMethodSnapshot,
  type PaymentSnapshot,
  type PaymentStatus,
} from "./snapshots.js";

/**
 * Reads a payment intent; `latest_charge` and `payment_method` must be expanded. `disputes` are its own: a charge says
 * that there are some, and not which.
 */
export function paymentSnapshot(intent: Stripe.PaymentIntent, disputes: readonly Stripe.Dispute[]): PaymentSnapshot {
  const charge = chargeOf(intent);
  const failure = intent.last_payment_error;
  const status = statusOf(intent, charge);
  const failed = status === "FAILED";
  return {
    id: intent.id,
    customerId: idOf(intent.customer),
    status,
    amount: intent.amount,
    refundedAmount: charge?.amount_refunded ?? 0,
    currency: intent.currency,
    createdAt: instantOf(intent.created),
    failureCode: failed ? (failure?.decline_code ?? failure?.code ?? charge?.failure_code ?? null) : null,
    failureMessage: failed ? (failure?.message ?? charge?.failure_message ?? null) : null,
    method: methodOf(intent, charge),
    dispute: newestOf(disputes),
    receiptUrl: charge?.receipt_url ?? null,
  };
}

/** Whether the payment was ever disputed. */
export function isDisputed(intent: Stripe.PaymentIntent): boolean {
  return chargeOf(intent)?.disputed ?? false;
}

function chargeOf({ latest_charge: charge }: Stripe.PaymentIntent): Stripe.Charge | null {
  return typeof charge === "object" ? charge : null;
}

/** An inquiry that was closed may be followed by a chargeback. */
function newestOf(disputes: readonly Stripe.Dispute[]): DisputeSnapshot | null {
  const [newest] = disputes.toSorted((one, other) => other.created - one.created);
  return newest ? { id: newest.id, status: newest.status, amount: newest.amount } : null;
}

/** https://docs.stripe.com/payments/paymentintents/lifecycle */
function statusOf(intent: Stripe.PaymentIntent, charge: Stripe.Charge | null): PaymentStatus {
  switch (intent.status) {
    case "succeeded":
      if (charge?.refunded) return "REFUNDED";
      return charge && charge.amount_refunded > 0 ? "PARTIALLY_REFUNDED" : "SUCCEEDED";
    case "canceled":
      return "CANCELED";
    case "requires_action":
      return "REQUIRES_ACTION";
    case "requires_payment_method":
      // Also the state before the first attempt: only an error makes it a failed payment.
      return intent.last_payment_error ? "FAILED" : "PENDING";
    default:
      return "PENDING";
  }
}

function methodOf(intent: Stripe.PaymentIntent, charge: Stripe.Charge | null): PaymentMethodSnapshot | null {
  const charged = charge?.payment_method_details;
  const onFile = typeof intent.payment_method === "object" ? intent.payment_method : null;
  const kind = charged?.type ?? onFile?.type;
  if (!kind) return null;
  const card = charged?.card ?? onFile?.card;
  return {
    kind,
    brand: card?.brand ?? null,
    last4: card?.last4 ?? null,
    expMonth: card?.exp_month ?? null,
    expYear: card?.exp_year ?? null,
  };
}
