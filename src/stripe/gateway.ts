import type Stripe from "stripe";
import { invoiceSnapshot } from "./invoice-snapshot.js";
import { paymentSnapshot } from "./payment-snapshot.js";
import {
  type CheckoutSnapshot,
  type CustomerSnapshot,
  checkoutSnapshot,
  customerSnapshot,
  type InvoiceSnapshot,
  idOf,
  type PaymentSnapshot,
  type SubscriptionSnapshot,
  userIdKey,
} from "./snapshots.js";
import { asking } from "./stripe-errors.js";
import { subscriptionSnapshot } from "./subscription-snapshot.js";

/** A Stripe customer to make for one of our users. */
export interface NewCustomer {
  readonly userId: string;
  readonly externalId: string;
  readonly email: string | null;
  readonly name: string | null;
}

/** A hosted checkout to make. */
export interface NewCheckout {
  /** Our row's id; comes back as `checkoutId`. */
  readonly checkoutId: string;
  readonly customerId: string;
  readonly stripePriceId: string;
  readonly quantity: number;
  readonly successUrl: string;
  readonly cancelUrl: string;
  /** Stripe's id of a promotion code that the customer need not type any more. */
  readonly promotionCodeId: string | null;
}

/**
 * Everything the service asks of Stripe. Each call either answers, throws `StripeRefused` (nothing
 * happened) or `StripeUnavailable` (it may have happened: ask again with the same idempotency key).
 */
export interface StripeGateway {
  createCustomer(customer: NewCustomer, idempotencyKey: string): Promise<CustomerSnapshot>;
  updateCustomer(id: string, profile: { email: string | null; name: string | null }): Promise<CustomerSnapshot>;
  getCustomer(id: string): Promise<CustomerSnapshot>;
  getSubscription(id: string): Promise<SubscriptionSnapshot>;
  getInvoice(id: string): Promise<InvoiceSnapshot>;
  getPayment(paymentIntentId: string): Promise<PaymentSnapshot>;
  /** The invoices that a payment intent pays. */
  invoicesPaidBy(paymentIntentId: string): Promise<string[]>;
  createCheckout(checkout: NewCheckout, idempotencyKey: string): Promise<CheckoutSnapshot>;
  getCheckout(id: string): Promise<CheckoutSnapshot>;
  /** Closes an open checkout; `StripeRefused` when it is open no more. */
  expireCheckout(id: string): Promise<CheckoutSnapshot>;
  /** The customer's checkouts that can still be paid. */
  openCheckouts(customerId: string): Promise<CheckoutSnapshot[]>;
  /** Stripe's id of an active promotion code that a customer typed. */
  findPromotionCode(code: string): Promise<string | undefined>;
  /** The address of a new portal session, good for a short while. */
  createPortal(customerId: string, returnUrl: string): Promise<string>;
}

/** The gateway over the SDK. */
export function makeStripeGateway(stripe: Stripe): StripeGateway {
  return {
    createCustomer: ({ userId, externalId, email, name }, idempotencyKey) =>
      asking(async () => {
        const metadata = { [userIdKey]: userId, billing_external_id: externalId };
        const params = { metadata, ...(email && { email }), ...(name && { name }) };
        return customerSnapshot(await stripe.customers.create(params, { idempotencyKey }));
      }),
    updateCustomer: (id, { email, name }) =>
      asking(async () =>
        customerSnapshot(await stripe.customers.update(id, { ...(email && { email }), ...(name && { name }) })),
      ),
    getCustomer: (id) => asking(async () => customerSnapshot(await stripe.customers.retrieve(id))),
    getSubscription: (id) => asking(async () => subscriptionSnapshot(await stripe.subscriptions.retrieve(id))),
    getInvoice: (id) =>
      asking(async () => invoiceSnapshot(await stripe.invoices.retrieve(id, { expand: ["payments"] }))),
    getPayment: (id) =>
      asking(async () => {
        const expand = ["latest_charge", "payment_method"];
        return paymentSnapshot(await stripe.paymentIntents.retrieve(id, { expand }));
      }),
    invoicesPaidBy: (paymentIntentId) =>
      asking(async () => {
        const payment = { type: "payment_intent" as const, payment_intent: paymentIntentId };
        const paid = await stripe.invoicePayments.list({ payment, limit: 100 });
        return paid.data.flatMap(({ invoice }) => idOf(invoice) ?? []);
      }),
    createCheckout: (checkout, idempotencyKey) =>
      asking(async () =>
        checkoutSnapshot(await stripe.checkout.sessions.create(checkoutParams(checkout), { idempotencyKey })),
      ),
    getCheckout: (id) => asking(async () => checkoutSnapshot(await stripe.checkout.sessions.retrieve(id))),
    expireCheckout: (id) => asking(async () => checkoutSnapshot(await stripe.checkout.sessions.expire(id))),
    openCheckouts: (customer) =>
      asking(async () => {
        const open = await stripe.checkout.sessions.list({ customer, status: "open", limit: 100 });
        return open.data.map(checkoutSnapshot);
      }),
    findPromotionCode: (code) =>
      asking(async () => (await stripe.promotionCodes.list({ code, active: true, limit: 1 })).data[0]?.id),
    createPortal: (customer, returnUrl) =>
      asking(async () => (await stripe.billingPortal.sessions.create({ customer, return_url: returnUrl })).url),
  };
}

function checkoutParams(checkout: NewCheckout): Stripe.Checkout.SessionCreateParams {
  const { promotionCodeId } = checkout;
  return {
    mode: "subscription",
    customer: checkout.customerId,
    client_reference_id: checkout.checkoutId,
    line_items: [{ price: checkout.stripePriceId, quantity: checkout.quantity }],
    success_url: checkout.successUrl,
    cancel_url: checkout.cancelUrl,
    // Stripe refuses a discount together with a field for promotion codes.
    ...(promotionCodeId ? { discounts: [{ promotion_code: promotionCodeId }] } : { allow_promotion_codes: true }),
  };
}
