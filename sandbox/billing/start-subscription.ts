import type Stripe from "stripe";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { announceDiscounts } from "./announce-discounts.js";
import { discountsOf } from "./applied-discounts.js";
import { applyBalance } from "./apply-balance.js";
import { applyChosen, type ChosenDiscount } from "./choose-discounts.js";
import { rememberCharges } from "./create-invoice.js";
import { attempted, buildInvoice, finalized, type InvoiceDraft, paid, takeInvoiceNumber } from "./invoice.js";
import { buildInvoicePayment } from "./invoice-payment.js";
import { recurringLines } from "./line-drafts.js";
import type { Order } from "./order.js";
import { forInvoice } from "./payment-intent.js";
import { buildSubscription, type SubscriptionTerms } from "./subscription.js";
import type { PaymentOutcome } from "./try-payment.js";

/** A subscription's beginning: what exists now and what is still to be announced. */
export interface SubscriptionStart {
  subscription: Stripe.Subscription;
  draft: Stripe.Invoice;
  open: Stripe.Invoice;
  invoice: Stripe.Invoice;
  payment: FirstPayment;
  invoicePayment: Stripe.InvoicePayment | null;
}

export interface StartRequest {
  customer: Stripe.Customer;
  order: Order;
  terms: SubscriptionTerms;
  discounts: ChosenDiscount[];
  checkoutSession: string | null;
  payment: FirstPayment;
}

/** null: nothing is due, so nothing was charged; unconfirmed: the customer is to pay, and was not asked yet. */
export type FirstPayment = PaymentOutcome | { kind: "unconfirmed"; intent: Stripe.PaymentIntent } | null;

/** Stores a subscription with its first invoice, paid or not as the payment came out. Announces nothing yet. */
export function startSubscription(world: World, request: StartRequest): SubscriptionStart {
  const { customer, order, terms, payment } = request;
  const isPaid = payment === null || payment.kind === "succeeded";
  const built = buildSubscription(world, order, terms);
  const discounts = applyChosen(world, request.discounts, {
    customer: customer.id,
    subscription: built.id,
    checkoutSession: request.checkoutSession,
    invoice: null,
  });

  const invoiceId = newId.invoice();
  const subscription = world.tables.subscription.put({
    ...built,
    discounts: discounts.map(({ id }) => id),
    latest_invoice: invoiceId,
    status: isPaid ? built.status : "incomplete",
  });
  const plan = draftOfStart(world, invoiceId, request, subscription);
  const draft = buildInvoice(world, plan);
  const open = finalized(world, draft, takeInvoiceNumber(world, customer), customer.balance);
  const invoice = world.tables.invoice.put(isPaid ? paid(world, open) : asked(open, payment));
  rememberCharges(world, invoice, plan);
  applyBalance(world, open);
  const invoicePayment =
    payment && world.tables.invoice_payment.put(buildInvoicePayment(world, invoice, payment.intent));
  const intent = payment && world.tables.payment_intent.put(forInvoice(payment.intent, invoice.id));
  return { subscription, draft, open, invoice, payment: payment && intent && { ...payment, intent }, invoicePayment };
}

function asked(open: Stripe.Invoice, payment: FirstPayment): Stripe.Invoice {
  return payment?.kind === "unconfirmed" ? open : attempted(open, null);
}

function draftOfStart(
  world: World,
  id: string,
  { customer, order }: StartRequest,
  subscription: Stripe.Subscription,
): InvoiceDraft {
  const now = nowInSeconds(world);
  return {
    id,
    customer,
    subscription,
    currency: order.currency,
    reason: "subscription_create",
    lines: recurringLines(world, subscription, { isTrial: order.trialEnd !== null }),
    discounts: discountsOf(world, subscription, now),
    period: { start: now, end: now },
    created: now,
    finalizesAt: now,
  };
}

/** Announces it in the order Stripe was seen to: the subscription first, and already in its state. */
export function recordSubscriptionStart(
  world: World,
  start: SubscriptionStart,
  created: Stripe.PaymentIntent | null,
): void {
  const { payment } = start;
  recordEvent(world, "customer.subscription.created", start.subscription);
  announceDiscounts(world, [], start.subscription.discounts);
  if (payment?.kind === "succeeded") recordEvent(world, "payment_intent.succeeded", payment.intent);
  if (created) recordEvent(world, "payment_intent.created", created);
  if (payment?.kind === "declined") recordEvent(world, "payment_intent.payment_failed", payment.intent);
  if (payment?.kind === "requires_action") recordEvent(world, "payment_intent.requires_action", payment.intent);

  recordEvent(world, "invoice.created", start.draft);
  recordEvent(world, "invoice.finalized", start.open);
  if (start.invoice.status === "paid") {
    recordEvent(world, "invoice.paid", start.invoice);
    recordEvent(world, "invoice.payment_succeeded", start.invoice);
  }
  if (payment?.kind === "declined") recordEvent(world, "invoice.payment_failed", start.invoice);
  if (payment?.kind === "requires_action") recordEvent(world, "invoice.payment_action_required", start.invoice);
  if (start.invoicePayment?.status === "paid") recordEvent(world, "invoice_payment.paid", start.invoicePayment);
}
