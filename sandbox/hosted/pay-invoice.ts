import type Stripe from "stripe";
import { StripeRefusal } from "../api/errors.js";
import { intentOf } from "../billing/collect-invoice.js";
import { confirmPayment } from "../billing/confirm-payment.js";
import { buildCard } from "../billing/payment-method.js";
import type { CardForm } from "../checkout/card-form.js";
import type { World } from "../world.js";

export type InvoicePayment =
  | { kind: "paid" }
  /** The bank asks first, at this address. */
  | { kind: "asked"; url: string }
  | { kind: "declined"; message: string };

/** Whether an invoice can be paid on its page: once it is final, and while something is owed. */
export function isPayable({ status, amount_remaining }: Stripe.Invoice): boolean {
  return (status === "open" || status === "uncollectible") && amount_remaining > 0;
}

/** Pays an invoice with a card typed by its customer. It is theirs from then on, and charged by itself for no other. */
export function payInvoiceOnPage(world: World, invoice: Stripe.Invoice, form: CardForm): InvoicePayment {
  const holder = { name: form.name, email: invoice.customer_email, exp_month: form.expMonth, exp_year: form.expYear };
  const method = world.tables.payment_method.put(buildCard(world, form.card, holder));
  try {
    const intent = confirmPayment(world, intentOf(world, invoice), {
      method,
      presence: "on_session",
      onQuestion: "ask",
      returnUrl: invoice.hosted_invoice_url ?? null,
    });
    const question = intent.status === "requires_action" ? intent.next_action?.redirect_to_url?.url : null;
    return question ? { kind: "asked", url: question } : { kind: "paid" };
  } catch (error) {
    if (error instanceof StripeRefusal) return { kind: "declined", message: error.message };
    throw error;
  }
}
