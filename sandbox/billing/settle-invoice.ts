import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { subscriptionOf } from "./end-subscription.js";
import { paid } from "./invoice.js";
import { invoicePaymentOf } from "./invoice-payment-of.js";
import { idOf } from "./price-amounts.js";

/** An open invoice whose payment intent has succeeded is paid, and what waited for it goes on. */
export function settleInvoice(world: World, intent: Stripe.PaymentIntent): void {
  const payment = invoicePaymentOf(world, intent.id);
  const invoice = payment && world.tables.invoice.find(idOf(payment.invoice));
  if (!payment || intent.status !== "succeeded" || invoice?.status !== "open") return;
  const now = nowInSeconds(world);
  const settled = world.tables.invoice_payment.put({
    ...payment,
    amount_paid: intent.amount_received,
    status: "paid",
    status_transitions: { ...payment.status_transitions, paid_at: now },
  });
  const after = world.tables.invoice.put(paid(world, invoice));
  recordEvent(world, "invoice.updated", after, invoice);
  recordEvent(world, "invoice.paid", after);
  recordEvent(world, "invoice.payment_succeeded", after);
  reviveSubscription(world, after);
  recordEvent(world, "invoice_payment.paid", settled);
}

/** Paying the latest invoice makes an unpaid subscription active. https://docs.stripe.com/billing/subscriptions/overview */
function reviveSubscription(world: World, invoice: Stripe.Invoice): void {
  const id = subscriptionOf(invoice);
  const before = id === null ? undefined : world.tables.subscription.find(id);
  if (!before || !["incomplete", "past_due", "unpaid"].includes(before.status)) return;
  if (before.latest_invoice === null || idOf(before.latest_invoice) !== invoice.id) return;
  const after = world.tables.subscription.put({ ...before, status: "active" });
  recordEvent(world, "customer.subscription.updated", after, before);
}
