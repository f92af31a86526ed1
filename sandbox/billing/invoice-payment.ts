import type Stripe from "stripe";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";

/** What ties an invoice to the payment intent that is to pay it. */
export function buildInvoicePayment(
  world: World,
  invoice: Stripe.Invoice,
  intent: Stripe.PaymentIntent,
): Stripe.InvoicePayment {
  const isPaid = intent.status === "succeeded";
  const now = nowInSeconds(world);
  return {
    id: newId.invoicePayment(),
    object: "invoice_payment",
    amount_paid: isPaid ? intent.amount : null,
    amount_requested: intent.amount,
    created: now,
    currency: intent.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: intent.id, type: "payment_intent" },
    status: isPaid ? "paid" : "open",
    status_transitions: { canceled_at: null, paid_at: isPaid ? now : null },
  };
}
