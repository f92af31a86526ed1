import type Stripe from "stripe";
import type { World } from "../world.js";
import { idOf } from "./price-amounts.js";

/** Whether an invoice waits for this payment intent. */
export function invoicePaymentOf({ tables }: World, intent: string): Stripe.InvoicePayment | undefined {
  return tables.invoice_payment
    .newestFirst()
    .find(({ payment }) => payment.payment_intent !== undefined && idOf(payment.payment_intent) === intent);
}
