import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { announceDiscounts } from "./announce-discounts.js";
import { applyBalance } from "./apply-balance.js";
import { rememberCharges } from "./create-invoice.js";
import { applyRedemption } from "./discounts.js";
import { attempted, buildInvoice, finalized, paid, takeInvoiceNumber } from "./invoice.js";
import { buildInvoicePayment } from "./invoice-payment.js";
import { forInvoice } from "./payment-intent.js";
import type { StartPlan } from "./plan-start.js";
import { remember } from "./subscription-memory.js";
import type { PaymentOutcome } from "./try-payment.js";

/** A subscription's beginning: what exists now and what is still to be announced. */
export interface SubscriptionStart {
  subscription: Stripe.Subscription;
  extras: Stripe.InvoiceItem[];
  /** null where there was nothing to invoice. */
  billed: FirstInvoice | null;
  payment: FirstPayment;
}

/** The first invoice at each of its stages. */
export interface FirstInvoice {
  draft: Stripe.Invoice;
  open: Stripe.Invoice;
  invoice: Stripe.Invoice;
  invoicePayment: Stripe.InvoicePayment | null;
}

/** null: nothing is due, so nothing was charged; unconfirmed: the customer is to pay, and was not asked yet. */
export type FirstPayment = PaymentOutcome | { kind: "unconfirmed"; intent: Stripe.PaymentIntent } | null;

/** Stores a subscription with its first invoice, paid or not as the payment came out. Announces nothing yet. */
export function startSubscription(world: World, plan: StartPlan, payment: FirstPayment): SubscriptionStart {
  const isPaid = payment === null || payment.kind === "succeeded";
  const subscription = storePlanned(world, {
    ...plan,
    subscription: { ...plan.subscription, status: isPaid ? plan.subscription.status : "incomplete" },
  });
  const intent = payment && plan.draft && world.tables.payment_intent.put(forInvoice(payment.intent, plan.draft.id));
  const known = payment && intent ? { ...payment, intent } : null;
  return { subscription, extras: plan.extras, billed: bill(world, plan, known), payment: known };
}

/** Stores the planned subscription and its discounts, and what is to be remembered of it. */
export function storePlanned(
  world: World,
  { request, subscription, discounts, shortPeriod }: StartPlan,
): Stripe.Subscription {
  const { customer, checkoutSession } = request;
  const to = { customer: customer.id, subscription: subscription.id, checkoutSession, invoice: null };
  request.discounts.forEach((one, index) => {
    if (one.kind === "new") applyRedemption(world, one.redemption, to, discounts[index]);
  });
  remember(world, subscription.id, { shortPeriod });
  // Time that is free until the anchor leaves nothing to give back.
  if (shortPeriod?.isFree)
    remember(world, subscription.id, { debits: Object.fromEntries(subscription.items.data.map(({ id }) => [id, []])) });
  return world.tables.subscription.put(subscription);
}

function bill(
  world: World,
  { request, draft: planned, extras }: StartPlan,
  payment: FirstPayment,
): FirstInvoice | null {
  if (!planned) return null;
  const customer = world.tables.customer.find(request.customer.id) ?? request.customer;
  const draft = buildInvoice(world, planned);
  const open = finalized(world, draft, takeInvoiceNumber(world, customer), customer.balance);
  const isPaid = payment === null || payment.kind === "succeeded";
  const invoice = world.tables.invoice.put(isPaid ? paid(world, open) : asked(open, payment));
  for (const item of extras) world.tables.invoiceitem.put({ ...item, invoice: invoice.id });
  rememberCharges(world, invoice, planned);
  applyBalance(world, open);
  const invoicePayment =
    payment && world.tables.invoice_payment.put(buildInvoicePayment(world, invoice, payment.intent));
  return { draft, open, invoice, invoicePayment };
}

function asked(open: Stripe.Invoice, payment: FirstPayment): Stripe.Invoice {
  return payment?.kind === "unconfirmed" ? open : attempted(open, null);
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
  announceDiscounts(world, [], start.subscription.discounts);
  if (payment?.kind === "succeeded") recordEvent(world, "payment_intent.succeeded", payment.intent);
  if (created) recordEvent(world, "payment_intent.created", created);
  if (payment?.kind === "declined") recordEvent(world, "payment_intent.payment_failed", payment.intent);
  if (payment?.kind === "requires_action") recordEvent(world, "payment_intent.requires_action", payment.intent);
  for (const item of start.extras) recordEvent(world, "invoiceitem.created", item);
  if (start.billed) recordFirstInvoice(world, start.billed, payment);
}

function recordFirstInvoice(world: World, billed: FirstInvoice, payment: FirstPayment): void {
  recordEvent(world, "invoice.created", billed.draft);
  recordEvent(world, "invoice.finalized", billed.open);
  if (billed.invoice.status === "paid") {
    recordEvent(world, "invoice.paid", billed.invoice);
    recordEvent(world, "invoice.payment_succeeded", billed.invoice);
  }
  if (payment?.kind === "declined") recordEvent(world, "invoice.payment_failed", billed.invoice);
  if (payment?.kind === "requires_action") recordEvent(world, "invoice.payment_action_required", billed.invoice);
  if (billed.invoicePayment?.status === "paid") recordEvent(world, "invoice_payment.paid", billed.invoicePayment);
}
