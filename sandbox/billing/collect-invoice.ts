import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { isSent } from "./collection.js";
import { noteDelinquency } from "./delinquency.js";
import { subscriptionOf } from "./end-subscription.js";
import { attempted } from "./invoice.js";
import { buildInvoicePayment } from "./invoice-payment.js";
import { buildPaymentIntent, forInvoice } from "./payment-intent.js";
import { idOf } from "./price-amounts.js";
import { nextAttemptAfter } from "./retry-schedule.js";
import { payOff } from "./settle-invoice.js";
import { standAfterFailure } from "./subscription-standing.js";
import { type Presence, tryPayment } from "./try-payment.js";

/** Charges an open invoice to the card that is to pay it, and lets its subscription stand as that came out. */
export function collectInvoice(
  world: World,
  open: Stripe.Invoice,
  {
    method = payerOf(world, open),
    presence = "off_session",
  }: { method?: Stripe.PaymentMethod | null; presence?: Presence } = {},
): Stripe.Invoice {
  const intent = intentOf(world, open);
  const payment = method && tryPayment(world, intent, method, presence);
  if (payment?.kind === "succeeded") {
    recordEvent(world, "payment_intent.succeeded", payment.intent);
    return payOff(world, open);
  }
  if (payment?.kind === "declined") recordEvent(world, "payment_intent.payment_failed", payment.intent);
  if (payment?.kind === "requires_action") recordEvent(world, "payment_intent.requires_action", payment.intent);

  const after = world.tables.invoice.put(attempted(open, nextAttemptAfter(world, open)));
  recordEvent(world, "invoice.payment_failed", after);
  if (payment?.kind === "requires_action") recordEvent(world, "invoice.payment_action_required", after);
  recordEvent(world, "invoice.updated", after, open);
  if (after.auto_advance && !isSent(after)) noteDelinquency(world, after, true);
  standAfterFailure(world, after);
  return after;
}

/** The intent that is to pay an invoice: the one begun already, or a new one. */
export function intentOf(world: World, invoice: Stripe.Invoice): Stripe.PaymentIntent {
  for (const { status, payment } of world.tables.invoice_payment.of(invoice.id)) {
    const begun = payment.payment_intent && world.tables.payment_intent.find(idOf(payment.payment_intent));
    if (status === "open" && begun && begun.status !== "canceled") return begun;
  }
  const built = buildPaymentIntent(world, {
    amount: invoice.amount_remaining,
    currency: invoice.currency,
    customer: invoice.customer === null ? null : idOf(invoice.customer),
    description: descriptions[invoice.billing_reason ?? "manual"] ?? "Payment for Invoice",
  });
  const intent = forInvoice(built, invoice.id);
  world.tables.payment_intent.put(intent);
  world.tables.invoice_payment.put(buildInvoicePayment(world, invoice, intent));
  recordEvent(world, "payment_intent.created", intent);
  return intent;
}

const descriptions: Record<string, string> = {
  subscription_create: "Subscription creation",
  subscription_cycle: "Subscription update",
  subscription_update: "Subscription update",
};

/** The invoice's own card, else its subscription's, else the customer's. https://docs.stripe.com/billing/subscriptions/payment-methods-setting */
export function payerOf(world: World, invoice: Stripe.Invoice): Stripe.PaymentMethod | null {
  const id = subscriptionOf(invoice);
  const subscription = id === null ? undefined : world.tables.subscription.find(id);
  const customer = invoice.customer === null ? undefined : world.tables.customer.find(idOf(invoice.customer));
  const reference =
    invoice.default_payment_method ??
    subscription?.default_payment_method ??
    customer?.invoice_settings.default_payment_method ??
    null;
  const method = reference === null ? undefined : world.tables.payment_method.find(idOf(reference));
  const isAttached = method?.customer != null && idOf(method.customer) === customer?.id;
  return method && isAttached ? method : null;
}
