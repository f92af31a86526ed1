import type Stripe from "stripe";
import { fingerprintOf, paymentMethodSnapshot } from "./payment-method-snapshot.js";

/**
 * Stripe's shapes, read once. Nothing outside this folder knows how an API version spells things:
 * shape changes broke every system we looked at (2025-03-31.basil moved periods to items and took
 * `invoice.subscription` and `invoice.payment_intent` away).
 */

/** Life-cycle state of a subscription: https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
export const subscriptionStatuses = [
  "ACTIVE",
  "CANCELED",
  "INCOMPLETE",
  "INCOMPLETE_EXPIRED",
  "PAST_DUE",
  "PAUSED",
  "TRIALING",
  "UNPAID",
] as const;
export type SubscriptionStatus = (typeof subscriptionStatuses)[number];

/** State of an invoice: https://docs.stripe.com/api/invoices/object#invoice_object-status */
export const invoiceStatuses = ["DRAFT", "OPEN", "PAID", "UNCOLLECTIBLE", "VOID"] as const;
export type InvoiceStatus = (typeof invoiceStatuses)[number];

/** State of a payment, refunds included. */
export const paymentStatuses = [
  "CANCELED",
  "FAILED",
  "PARTIALLY_REFUNDED",
  "PENDING",
  "REFUNDED",
  "REQUIRES_ACTION",
  "SUCCEEDED",
] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];

export interface Span {
  readonly start: Date;
  readonly end: Date;
}

export interface CustomerSnapshot {
  readonly id: string;
  readonly isDeleted: boolean;
  readonly email: string | null;
  readonly name: string | null;
  /** Lower case; null before the first purchase. */
  readonly currency: string | null;
  /** Minor units of `currency`. Below 0 is credit that the next invoices use up, above 0 is owed on top of them. */
  readonly balance: number;
  /** What invoices are charged to unless a subscription has its own; null without one. */
  readonly paymentMethod: PaymentMethodSnapshot | null;
  /** What is the same for the same card, whoever's it is; null for what has none. Not to be kept as it is. */
  readonly fingerprint: string | null;
  /** Our row's id, as we wrote it into the metadata; null for a customer made elsewhere. */
  readonly userId: string | null;
  /** The payer in the host product, as we wrote it beside. */
  readonly externalId: string | null;
  /** All that was noted beside, by whomever: https://docs.stripe.com/metadata */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Why customers leave; the same set as Stripe's `feedback`: https://docs.stripe.com/api/subscriptions/object#subscription_object-cancellation_details-feedback */
export const cancellationReasons = [
  "CUSTOMER_SERVICE",
  "LOW_QUALITY",
  "MISSING_FEATURES",
  "OTHER",
  "SWITCHED_SERVICE",
  "TOO_COMPLEX",
  "TOO_EXPENSIVE",
  "UNUSED",
] as const;
export type CancellationReason = (typeof cancellationReasons)[number];

export interface SubscriptionSnapshot {
  readonly id: string;
  readonly customerId: string;
  readonly status: SubscriptionStatus;
  readonly stripePriceId: string | null;
  readonly currency: string;
  readonly quantity: number;
  readonly currentPeriod: Span | null;
  readonly startedAt: Date;
  /** What billing dates are counted from: https://docs.stripe.com/billing/subscriptions/billing-cycle */
  readonly billingAnchor: Date;
  readonly trialEndsAt: Date | null;
  readonly cancelsAt: Date | null;
  readonly endedAt: Date | null;
  /** When the collection of payments goes on, where only that is paused: https://docs.stripe.com/billing/subscriptions/pause-payment */
  readonly resumesAt: Date | null;
  /** What the customer said of why it ends; null while it does not end, and where nothing was said. */
  readonly cancellationReason: CancellationReason | null;
  readonly cancellationComment: string | null;
  /** Whether Stripe pauses and resumes subscriptions of this kind: https://docs.stripe.com/billing/subscriptions/pause#limitations */
  readonly isPausable: boolean;
  /** Since when it is past due: when the oldest invoice of the unpaid run was first asked for. Null while nothing is overdue. */
  readonly pastDueSince: Date | null;
  /** Its own payment method; null where it is charged to its customer's. */
  readonly paymentMethod: PaymentMethodSnapshot | null;
  /** That payment method's `fingerprint`, as of a customer. */
  readonly fingerprint: string | null;
  /** Our checkout in which it began with a trial; null for any other, also where staff gave it a trial at Stripe. */
  readonly trialCheckoutId: string | null;
  /** Whether its trial, should it end with nothing to charge, stops it in place of an invoice. */
  readonly stopsWithoutCard: boolean;
  readonly pendingChange: PendingChangeSnapshot | null;
  /** The schedule that moves it from phase to phase; null without one. */
  readonly scheduleId: string | null;
  readonly discount: DiscountSnapshot | null;
}

/** A change of plan that waits: for its date, in a subscription schedule, or for its payment. */
export interface PendingChangeSnapshot {
  readonly stripePriceId: string;
  readonly quantity: number;
  readonly currency: string;
  /** When it takes effect; of one that is unpaid, when it is dropped. */
  readonly effectiveAt: Date;
  /** The invoice that has to be paid first; missing where the change waits for its date. */
  readonly unpaidInvoiceId?: string;
}

/** A discount on a subscription. */
export interface DiscountSnapshot {
  /** The code that the customer typed; the coupon's name where there was none. */
  readonly name: string;
  readonly percentOff: number | null;
  /** Minor units of the subscription's currency. */
  readonly amountOff: number | null;
  readonly currency: string;
  readonly endsAt: Date | null;
  /** Present where it is off one invoice only. */
  readonly isOnce?: true;
}

export interface InvoiceLineSnapshot {
  readonly description: string;
  readonly quantity: number | null;
  readonly amount: number;
  readonly isProration: boolean;
  readonly period: Span;
}

export interface InvoiceSnapshot {
  readonly id: string;
  readonly customerId: string | null;
  readonly subscriptionId: string | null;
  readonly number: string | null;
  readonly status: InvoiceStatus;
  readonly currency: string;
  readonly issuedAt: Date;
  readonly dueAt: Date | null;
  readonly paidAt: Date | null;
  readonly period: Span;
  readonly lines: readonly InvoiceLineSnapshot[];
  readonly subtotal: number;
  readonly discountTotal: number;
  readonly tax: number;
  readonly total: number;
  /** What is still to pay. */
  readonly amountDue: number;
  readonly hostedUrl: string | null;
  readonly pdfUrl: string | null;
  readonly paymentIntentIds: readonly string[];
}

/** What an invoice would be. */
export interface InvoicePreviewSnapshot {
  readonly currency: string;
  readonly lines: readonly InvoiceLineSnapshot[];
  readonly tax: number;
  readonly total: number;
  /** What would be charged, once the customer's balance is counted in. */
  readonly due: number;
  readonly chargedAt: Date;
}

export interface PaymentMethodSnapshot {
  readonly kind: string;
  readonly brand: string | null;
  readonly last4: string | null;
  readonly expMonth: number | null;
  readonly expYear: number | null;
}

/** A payment that the customer's bank takes back, or asks about: https://docs.stripe.com/api/disputes/object */
export interface DisputeSnapshot {
  readonly id: string;
  /** In Stripe's words, to which it adds: `needs_response`, `under_review`, `won`, `lost`; those of a mere inquiry begin with `warning_`. */
  readonly status: string;
  /** Minor units of the payment's currency. */
  readonly amount: number;
}

export interface PaymentSnapshot {
  /** The payment intent's id: one payment for each, however often its charge was tried. */
  readonly id: string;
  readonly customerId: string | null;
  readonly status: PaymentStatus;
  readonly amount: number;
  readonly refundedAmount: number;
  readonly currency: string;
  readonly createdAt: Date;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly method: PaymentMethodSnapshot | null;
  /** The newest one; null where nobody ever disputed it. */
  readonly dispute: DisputeSnapshot | null;
  readonly receiptUrl: string | null;
}

export interface CheckoutSnapshot {
  readonly id: string;
  readonly customerId: string | null;
  /** Our row's id, as we gave it at creation. */
  readonly checkoutId: string | null;
  readonly status: "OPEN" | "COMPLETE" | "EXPIRED";
  readonly url: string | null;
  readonly expiresAt: Date;
  readonly subscriptionId: string | null;
  readonly invoiceId: string | null;
}

/** A price as its subscriptions name it. */
export interface ListedPrice {
  readonly id: string;
  readonly productId: string | null;
  readonly currency: string;
  /** Minor units; null where it is worked out from tiers or from parts of a minor unit. */
  readonly unitAmount: number | null;
  /** How often it is charged, for example `month` and 3. */
  readonly interval: string;
  readonly intervalCount: number;
}

/** A subscription, as far as a list of the whole account tells. */
export interface ListedSubscription {
  readonly id: string;
  readonly customerId: string;
  readonly status: SubscriptionStatus;
  /** In the subscription's currency it may be charged by an option of the price. */
  readonly currency: string;
  /** Its first item's; null without one. */
  readonly price: ListedPrice | null;
}

/** The id of something that Stripe gives as an id or, when expanded, as the object. */
export function idOf(reference: string | { id: string } | null | undefined): string | null {
  if (!reference) return null;
  return typeof reference === "string" ? reference : reference.id;
}

/** Stripe's Unix seconds as an instant. */
export function instantOf(seconds: number): Date;
export function instantOf(seconds: number | null | undefined): Date | null;
export function instantOf(seconds: number | null | undefined): Date | null {
  return seconds === null || seconds === undefined ? null : new Date(seconds * 1000);
}

/** The key under which we write our row's id into Stripe's metadata. */
export const userIdKey = "billing_user_id";

/** The key of the payer's ID in the host product. */
export const externalIdKey = "billing_external_id";

/** The key of our checkout's id, in the metadata of a subscription that began in it with a trial. */
export const trialCheckoutIdKey = "billing_trial_checkout_id";

/** Reads a customer; `invoice_settings.default_payment_method` must be expanded. */
export function customerSnapshot(customer: Stripe.Customer | Stripe.DeletedCustomer): CustomerSnapshot {
  if (customer.deleted) {
    const nothing = { email: null, name: null, currency: null, balance: 0, paymentMethod: null, fingerprint: null };
    return { id: customer.id, isDeleted: true, ...nothing, userId: null, externalId: null, metadata: {} };
  }
  return {
    id: customer.id,
    isDeleted: false,
    email: customer.email,
    name: customer.name ?? null,
    currency: customer.currency ?? null,
    balance: customer.balance,
    paymentMethod: paymentMethodSnapshot(customer.invoice_settings.default_payment_method),
    fingerprint: fingerprintOf(customer.invoice_settings.default_payment_method),
    userId: customer.metadata[userIdKey] ?? null,
    externalId: customer.metadata[externalIdKey] ?? null,
    metadata: customer.metadata,
  };
}
