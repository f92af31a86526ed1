import type Stripe from "stripe";
import { isDisputed, paymentSnapshot } from "./payment-snapshot.js";
import type { PaymentSnapshot } from "./snapshots.js";

/** What `paymentSnapshot` needs to have expanded. */
export const paymentExpansion = ["latest_charge", "payment_method"] as const;

/** Reads a payment intent with its disputes, which Stripe is asked for only where there are any. */
export async function readPayment(stripe: Stripe, intent: Stripe.PaymentIntent): Promise<PaymentSnapshot> {
  if (!isDisputed(intent)) return paymentSnapshot(intent, []);
  const disputes = await stripe.disputes.list({ payment_intent: intent.id, limit: 100 });
  return paymentSnapshot(intent, disputes.data);
}
