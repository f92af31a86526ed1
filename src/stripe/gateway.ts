import type Stripe from "stripe";
import { checkoutSnapshot } from "./checkout-snapshot.js";
import { makeCourseGateway, type StripeCourseGateway } from "./course-gateway.js";
import { invoicePreviewSnapshot, invoiceSnapshot, nothingUpcoming } from "./invoice-snapshot.js";
import { makeStripeListing, type StripeListing } from "./listing.js";
import { makePlanGateway, type StripePlanGateway } from "./plan-gateway.js";
import { type PromotionCodeSnapshot, promotionCodeSnapshot } from "./promotion-code-snapshot.js";
import { paymentExpansion, readPayment } from "./read-payment.js";
import { makeRefundGateway, type StripeRefundGateway } from "./refund-gateway.js";
import {
  type CheckoutSnapshot,
  type CustomerSnapshot,
  customerSnapshot,
  externalIdKey,
  type InvoicePreviewSnapshot,
  type InvoiceSnapshot,
  idOf,
  type PaymentSnapshot,
  type SubscriptionSnapshot,
  trialCheckoutIdKey,
  userIdKey,
} from "./snapshots.js";
import { asking } from "./stripe-errors.js";
import { subscriptionSnapshot } from "./subscription-snapshot.js";
import { makeTrialGateway, type StripeTrialGateway } from "./trial-gateway.js";

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
  /** Lower case, one that the price is sold in; null leaves the choice to Stripe. */
  readonly currency: string | null;
  readonly quantity: number;
  /** Free days before the first charge; 0 without a trial. */
  readonly trialDays: number;
  /** Whether no payment method is asked for where nothing is due, and the trial ends by itself unless one is left. */
  readonly isWithoutCard: boolean;
  /** Whether Stripe Tax works out the tax, from the address that the page then asks for. */
  readonly isTaxAutomatic: boolean;
  readonly successUrl: string;
  readonly cancelUrl: string;
  /** Stripe's id of a promotion code that the customer need not type any more. */
  readonly promotionCodeId: string | null;
}

/** A portal session to open. */
export interface NewPortal {
  readonly customerId: string;
  readonly returnUrl: string;
  /** The portal's configuration; null for the account's default one. */
  readonly configurationId: string | null;
  /** Where to begin and, but for the home page, to end: https://docs.stripe.com/customer-management/portal-deep-links */
  readonly flow: PortalFlow;
}

/** The portal's home page, the form for a new payment method, or the question whether to cancel a subscription. */
export type PortalFlow =
  | { readonly kind: "HOME" }
  | { readonly kind: "PAYMENT_METHOD" }
  | { readonly kind: "CANCEL"; readonly stripeSubscriptionId: string };

/**
 * Everything the service asks of Stripe. Each call either answers, throws `StripeRefused` (nothing
 * happened) or `StripeUnavailable` (it may have happened: ask again with the same idempotency key).
 */
export interface StripeGateway
  extends StripeListing,
    StripePlanGateway,
    StripeCourseGateway,
    StripeRefundGateway,
    StripeTrialGateway {
  createCustomer(customer: NewCustomer, idempotencyKey: string): Promise<CustomerSnapshot>;
  updateCustomer(id: string, profile: { email: string | null; name: string | null }): Promise<CustomerSnapshot>;
  getCustomer(id: string): Promise<CustomerSnapshot>;
  /**
   * Deletes a customer with their cards; invoices and payments stay at Stripe. May be repeated:
   * https://docs.stripe.com/api/customers/delete
   */
  deleteCustomer(id: string): Promise<void>;
  getSubscription(id: string): Promise<SubscriptionSnapshot>;
  /** Makes a subscription's own card its customer's, so that changing the customer's changes what is charged. */
  shareCard(subscriptionId: string): Promise<void>;
  /** What a subscription's next invoice would be as things stand; null when there will be none. Nothing is made. */
  previewRenewal(customerId: string, subscriptionId: string): Promise<InvoicePreviewSnapshot | null>;
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
  /** The promotion codes of this spelling, whatever the case, newest first: one for everybody, or one for each of some customers. */
  findPromotionCodes(code: string): Promise<PromotionCodeSnapshot[]>;
  /** The address of a new portal session, good for a short while. */
  createPortal(portal: NewPortal): Promise<string>;
}

const withCard = { expand: ["invoice_settings.default_payment_method"] };

const withTerms = {
  expand: [
    "default_payment_method",
    "discounts.promotion_code",
    "discounts.source.coupon.currency_options",
    "schedule",
  ],
};

/** The gateway over the SDK. */
export function makeStripeGateway(stripe: Stripe): StripeGateway {
  return {
    ...makeStripeListing(stripe),
    ...makePlanGateway(stripe),
    ...makeCourseGateway(stripe),
    ...makeRefundGateway(stripe),
    ...makeTrialGateway(stripe),
    createCustomer: ({ userId, externalId, email, name }, idempotencyKey) =>
      asking(async () => {
        const metadata = { [userIdKey]: userId, [externalIdKey]: externalId };
        const params = { metadata, ...(email && { email }), ...(name && { name }) };
        return customerSnapshot(await stripe.customers.create(params, { idempotencyKey }));
      }),
    updateCustomer: (id, { email, name }) =>
      asking(async () =>
        customerSnapshot(
          await stripe.customers.update(id, { ...(email && { email }), ...(name && { name }), ...withCard }),
        ),
      ),
    getCustomer: (id) => asking(async () => customerSnapshot(await stripe.customers.retrieve(id, withCard))),
    deleteCustomer: (id) =>
      asking(async () => {
        if ((await stripe.customers.retrieve(id)).deleted) return;
        await stripe.customers.del(id);
      }),
    getSubscription: (id) =>
      asking(async () => {
        const subscription = await stripe.subscriptions.retrieve(id, withTerms);
        const isLate = subscription.status === "past_due";
        const invoices = isLate ? (await stripe.invoices.list({ subscription: id, limit: 100 })).data : [];
        return subscriptionSnapshot(subscription, invoices);
      }),
    previewRenewal: (customer, subscription) =>
      asking(() =>
        stripe.invoices.createPreview({ customer, subscription }).then(invoicePreviewSnapshot, nothingUpcoming),
      ),
    shareCard: (id) =>
      asking(async () => {
        const { customer, default_payment_method, ended_at } = await stripe.subscriptions.retrieve(id);
        const [owner, card] = [idOf(customer), idOf(default_payment_method)];
        if (!owner || !card || ended_at !== null) return;
        await stripe.customers.update(owner, { invoice_settings: { default_payment_method: card } });
        // An empty text is how Stripe is told to drop one.
        await stripe.subscriptions.update(id, { default_payment_method: "" });
      }),
    getInvoice: (id) =>
      asking(async () => invoiceSnapshot(await stripe.invoices.retrieve(id, { expand: ["payments"] }))),
    getPayment: (id) =>
      asking(async () => {
        const intent = await stripe.paymentIntents.retrieve(id, { expand: [...paymentExpansion] });
        return readPayment(stripe, intent);
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
    findPromotionCodes: (code) =>
      asking(async () => {
        const expand = ["data.promotion.coupon.currency_options"];
        const found = await stripe.promotionCodes.list({ code, limit: 100, expand });
        return found.data.map(promotionCodeSnapshot);
      }),
    createPortal: (portal) =>
      asking(async () => (await stripe.billingPortal.sessions.create(portalParams(portal))).url),
  };
}

function portalParams({ customerId, returnUrl, configurationId, flow }: NewPortal) {
  const params: Stripe.BillingPortal.SessionCreateParams = {
    customer: customerId,
    return_url: returnUrl,
    ...(configurationId && { configuration: configurationId }),
  };
  if (flow.kind === "HOME") return params;
  const after_completion = { type: "redirect" as const, redirect: { return_url: returnUrl } };
  if (flow.kind === "PAYMENT_METHOD") {
    return { ...params, flow_data: { type: "payment_method_update" as const, after_completion } };
  }
  const subscription_cancel = { subscription: flow.stripeSubscriptionId };
  return { ...params, flow_data: { type: "subscription_cancel" as const, subscription_cancel, after_completion } };
}

function checkoutParams(checkout: NewCheckout): Stripe.Checkout.SessionCreateParams {
  const { promotionCodeId } = checkout;
  return {
    mode: "subscription",
    customer: checkout.customerId,
    client_reference_id: checkout.checkoutId,
    line_items: [{ price: checkout.stripePriceId, quantity: checkout.quantity }],
    ...(checkout.currency && { currency: checkout.currency }),
    ...(checkout.trialDays > 0 && { subscription_data: trialParams(checkout) }),
    ...(checkout.isWithoutCard && { payment_method_collection: "if_required" }),
    // A customer has no address yet, and without one there is nothing to work tax out from.
    ...(checkout.isTaxAutomatic && { automatic_tax: { enabled: true }, customer_update: { address: "auto" } }),
    success_url: checkout.successUrl,
    cancel_url: checkout.cancelUrl,
    // Stripe refuses a discount together with a field for promotion codes.
    ...(promotionCodeId ? { discounts: [{ promotion_code: promotionCodeId }] } : { allow_promotion_codes: true }),
  };
}

/**
 * A trial that nobody left a card for is canceled when it ends, so that nothing is owed and the free tier holds. Paused, it
 * would keep the customer from buying anew: https://docs.stripe.com/payments/checkout/free-trials
 */
function trialParams(checkout: NewCheckout): Stripe.Checkout.SessionCreateParams.SubscriptionData {
  const { checkoutId, trialDays, isWithoutCard } = checkout;
  return {
    trial_period_days: trialDays,
    metadata: { [trialCheckoutIdKey]: checkoutId },
    ...(isWithoutCard && { trial_settings: { end_behavior: { missing_payment_method: "cancel" } } }),
  };
}
