import type Stripe from "stripe";
import { type CheckoutSnapshot, idOf, instantOf } from "./snapshots.js";

/** Reads a checkout. */
export function checkoutSnapshot(session: Stripe.Checkout.Session): CheckoutSnapshot {
  return {
    id: session.id,
    customerId: idOf(session.customer),
    checkoutId: session.client_reference_id,
    status: session.status === "complete" ? "COMPLETE" : session.status === "expired" ? "EXPIRED" : "OPEN",
    url: session.url,
    expiresAt: instantOf(session.expires_at),
    subscriptionId: idOf(session.subscription),
    invoiceId: idOf(session.invoice),
  };
}
