import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { noteDelinquency } from "./delinquency.js";
import { paid } from "./invoice.js";
import { keepMethod } from "./keep-method.js";
import { idOf } from "./price-amounts.js";
import { standAfterPayment } from "./subscription-standing.js";

/** An invoice has been paid, by an intent or without one: says so, and lets its subscription stand as it does then. */
export function payOff(world: World, invoice: Stripe.Invoice): Stripe.Invoice {
  const settled = world.tables.invoice.put(paid(world, invoice));
  recordEvent(world, "invoice.paid", settled);
  recordEvent(world, "invoice.payment_succeeded", settled);
  for (const payment of world.tables.invoice_payment.of(invoice.id)) settlePayment(world, payment);
  noteDelinquency(world, settled, false);
  keepMethod(world, settled);
  standAfterPayment(world, settled);
  return settled;
}

/** For whoever confirms a payment intent: if it was for an invoice that is now paid, the invoice is settled. */
export function settleInvoice(world: World, intent: Stripe.PaymentIntent): void {
  const payment = world.tables.invoice_payment
    .newestFirst()
    .find((candidate) => candidate.payment.payment_intent && idOf(candidate.payment.payment_intent) === intent.id);
  const invoice = payment && world.tables.invoice.find(idOf(payment.invoice));
  const isOwed = invoice?.status === "open" || invoice?.status === "uncollectible";
  if (intent.status === "succeeded" && invoice && isOwed) payOff(world, invoice);
}

function settlePayment(world: World, payment: Stripe.InvoicePayment): void {
  const reference = payment.payment.payment_intent;
  const intent = reference && world.tables.payment_intent.find(idOf(reference));
  if (payment.status !== "open" || !intent || intent.status !== "succeeded") return;
  const settled = world.tables.invoice_payment.put({
    ...payment,
    amount_paid: intent.amount_received,
    status: "paid",
    status_transitions: { ...payment.status_transitions, paid_at: nowInSeconds(world) },
  });
  recordEvent(world, "invoice_payment.paid", settled);
}
