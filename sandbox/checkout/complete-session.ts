import type Stripe from "stripe";
import type { Order } from "../billing/order.js";
import { planStart } from "../billing/plan-start.js";
import { recordSubscriptionStart, startSubscription } from "../billing/start-subscription.js";
import type { PaymentOutcome } from "../billing/try-payment.js";
import { buildCustomer } from "../resources/customers.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { type CheckoutPlan, redemptionOf } from "./plan.js";

/** What a session was completed with. */
export interface Completion {
  plan: CheckoutPlan;
  order: Order;
  method: Stripe.PaymentMethod;
  payment: Extract<PaymentOutcome, { kind: "succeeded" }> | null;
  /** The payment intent as it was created, if this very attempt created it. */
  created: Stripe.PaymentIntent | null;
}

/** What a subscription is begun with, be it without a card. */
type Beginning = Omit<Completion, "method"> & { method: Stripe.PaymentMethod | null };

/**
 * Makes the customer, the subscription and its paid invoice, and closes the session.
 *
 * None of them exists before the payment; the events come in the order Stripe was seen to send them.
 * https://docs.stripe.com/changelog/basil/2025-03-31/checkout-legacy-subscription-upgrade
 */
export function completeSession(
  world: World,
  session: Stripe.Checkout.Session,
  completion: Beginning,
): Stripe.Checkout.Session {
  const { plan, order, payment } = completion;
  const { tables } = world;
  const existing = tables.customer.find(plan.customer);
  // Where no card is asked for no name is either.
  const name = completion.method?.billing_details.name ?? existing?.name ?? null;
  const email = existing?.email ?? session.customer_email;
  const customer = tables.customer.put(existing ?? buildCustomer(world, { id: plan.customer, email, name }));
  const method =
    completion.method &&
    tables.payment_method.put({ ...completion.method, allow_redisplay: "limited", customer: customer.id });

  tables.customer.put({
    ...customer,
    currency: customer.currency ?? order.currency,
    name: plan.updatesName || !existing ? name : (customer.name ?? null),
  });
  const redemption = redemptionOf(world, plan);
  const planned = planStart(world, {
    customer: tables.customer.find(customer.id) ?? customer,
    order,
    terms: {
      customer: customer.id,
      defaultPaymentMethod: method?.id ?? null,
      isTaxAutomatic: session.automatic_tax.enabled,
      ...termsOf(plan),
    },
    discounts: redemption ? [{ kind: "new", redemption }] : [],
    checkoutSession: session.id,
  });
  const start = startSubscription(world, planned, payment);
  const completed = tables["checkout.session"].put({
    ...session,
    automatic_tax: { ...session.automatic_tax, status: session.automatic_tax.enabled ? "complete" : null },
    customer: customer.id,
    customer_details: { ...detailsOf(session, customer), email, name },
    invoice: start.billed?.invoice.id ?? null,
    payment_status: payment ? "paid" : "no_payment_required",
    status: "complete",
    subscription: start.subscription.id,
    url: null,
  });

  if (method) recordEvent(world, "payment_method.attached", method);
  if (!existing) recordEvent(world, "customer.created", customer);
  recordEvent(world, "customer.updated", tables.customer.find(customer.id) ?? customer, customer);
  recordEvent(world, "checkout.session.completed", completed);
  recordSubscriptionStart(world, start, completion.created);
  return completed;
}

function termsOf({ subscription }: CheckoutPlan): Omit<CheckoutPlan["subscription"], "trialPeriodDays"> {
  const { metadata, description, missingPaymentMethod } = subscription;
  return { metadata, description, missingPaymentMethod };
}

/** Who paid, as the session says it. */
export function detailsOf(
  session: Stripe.Checkout.Session,
  customer: Stripe.Customer | null,
): Stripe.Checkout.Session.CustomerDetails {
  const nothing = { address: null, business_name: null, email: null, individual_name: null, name: null, phone: null };
  return session.customer_details ?? { ...nothing, tax_exempt: "none", tax_ids: [], phone: customer?.phone ?? null };
}
