import type Stripe from "stripe";
import { cardError, invalidRequest, noPaymentMethod } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { chooseDiscounts } from "../billing/choose-discounts.js";
import { refuseOtherCurrency } from "../billing/customer-currency.js";
import { buildInvoice } from "../billing/invoice.js";
import { purchaseOf } from "../billing/order.js";
import { buildPaymentIntent } from "../billing/payment-intent.js";
import { cardBehind } from "../billing/payment-method.js";
import { beginPendingSetup } from "../billing/pending-setup.js";
import { planStart, type StartPlan } from "../billing/plan-start.js";
import { idOf } from "../billing/price-amounts.js";
import { type FirstPayment, recordSubscriptionStart, startSubscription } from "../billing/start-subscription.js";
import { startWithDraft } from "../billing/start-with-draft.js";
import { needsAuthentication, tryPayment } from "../billing/try-payment.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { daysUntilDueOf } from "./collection-params.js";
import { getCustomer } from "./customers.js";
import { getPaymentMethod } from "./payment-methods.js";
import { applyCancelAt, paymentSettingsOf } from "./subscription-changes.js";
import { orderOf } from "./subscription-order.js";
import type { createParams } from "./subscriptions.js";

/** Subscribes a customer whose card is on file; the first invoice is attempted at once. */
export function createSubscription(world: World, params: Read<typeof createParams>): Stripe.Subscription {
  const customer = getCustomer(world, params.customer, "customer");
  const order = orderOf(world, params, customer);
  const purchase = purchaseOf(order, customer.id);
  const discounts = chooseDiscounts(world, params.discounts ?? [], purchase, [customer.discount ?? null]);
  refuseOtherCurrency(world, customer, order.currency);
  refuseFourthOnTestClock(world, customer);
  const terms = termsOf(params, customer.id);
  const planned = planStart(world, { customer, order, terms, discounts, checkoutSession: null });
  const plan = { ...planned, subscription: applyCancelAt(world, planned.subscription, params) };
  if (terms.daysUntilDue !== null) return startSent(world, params, plan);

  // The customer's balance is taken into account first: https://docs.stripe.com/billing/customer/balance
  const due = plan.draft ? buildInvoice(world, plan.draft).amount_due : 0;
  const method = methodFor(world, customer, params.default_payment_method);
  const isUnconfirmed = params.payment_behavior === "default_incomplete";
  if (!method && due > 0 && !isUnconfirmed) throw noPaymentMethod();

  const intent = buildPaymentIntent(world, {
    amount: due,
    currency: order.currency,
    customer: customer.id,
    description: "Subscription creation",
  });
  if (method && due > 0 && params.payment_behavior === "error_if_incomplete") refuseIfNotPayable(world, method);
  const payment = due > 0 ? firstPayment(world, intent, isUnconfirmed ? null : method) : null;

  setCurrency(world, customer, order.currency);
  const keepsMethod = params.payment_settings?.save_default_payment_method === "on_subscription";
  const own = plan.subscription.default_payment_method;
  const kept = own ?? (keepsMethod && payment?.kind === "succeeded" && method ? method.id : null);
  const setup = due === 0 && !method && isUnconfirmed ? beginPendingSetup(world, customer.id) : null;
  const begun = {
    ...plan,
    subscription: { ...plan.subscription, default_payment_method: kept, pending_setup_intent: setup?.id ?? null },
  };
  const start = startSubscription(world, begun, payment);
  recordEvent(world, "customer.updated", getCustomer(world, customer.id), customer);
  recordSubscriptionStart(world, start, payment ? intent : null);
  return start.subscription;
}

function termsOf(params: Read<typeof createParams>, customer: string) {
  return {
    customer,
    daysUntilDue: daysUntilDueOf(params),
    defaultPaymentMethod: params.default_payment_method ?? null,
    isTaxAutomatic: false,
    metadata: mergeMetadata({}, params.metadata),
    paymentSettings: paymentSettingsOf(null, params.payment_settings),
    description: params.description ?? null,
    missingPaymentMethod: params.trial_settings?.end_behavior?.missing_payment_method ?? "create_invoice",
  };
}

/** From the first subscription on a customer pays in its currency. */
function setCurrency(world: World, customer: Stripe.Customer, currency: string): void {
  world.tables.customer.put({ ...customer, currency: customer.currency ?? currency });
}

/** Nobody is charged: the first invoice is sent in an hour, and the subscription runs. */
function startSent(world: World, params: Read<typeof createParams>, plan: StartPlan): Stripe.Subscription {
  if (params.payment_behavior !== undefined && params.payment_behavior !== "allow_incomplete") {
    throw invalidRequest("`payment_behavior` can only be used when `collection_method` is `charge_automatically`.", {
      param: "payment_behavior",
    });
  }
  setCurrency(world, plan.request.customer, plan.request.order.currency);
  return startWithDraft(world, plan);
}

/** Charges the card at once; without one the intent waits to be confirmed. */
function firstPayment(world: World, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod | null): FirstPayment {
  if (method) return tryPayment(world, intent, method, "off_session");
  return { kind: "unconfirmed", intent: world.tables.payment_intent.put(intent) };
}

function methodFor(world: World, customer: Stripe.Customer, given: string | undefined): Stripe.PaymentMethod | null {
  const id = given ?? customer.invoice_settings.default_payment_method ?? customer.default_source;
  if (id === null) return null;
  const method = getPaymentMethod(world, idOf(id), "default_payment_method");
  if (method.customer !== null && idOf(method.customer) === customer.id) return method;
  throw invalidRequest(
    `The customer does not have a payment method with the ID ${method.id}. The payment method must be attached to the customer.`,
    { code: "resource_missing", param: "default_payment_method" },
  );
}

/** https://docs.stripe.com/billing/testing/test-clocks/api-advanced-usage */
function refuseFourthOnTestClock(world: World, { id, test_clock }: Stripe.Customer): void {
  if (test_clock === null || world.tables.subscription.of(id).length < 3) return;
  throw invalidRequest("A customer on a test clock can have at most 3 subscriptions.", { param: "customer" });
}

/** `error_if_incomplete`: nothing is created when the payment would not go through. */
function refuseIfNotPayable(world: World, method: Stripe.PaymentMethod): void {
  const decline = cardBehind(method)?.decline;
  if (needsAuthentication(world, method, "off_session")) {
    throw cardError({
      code: "subscription_payment_intent_requires_action",
      message: "Payment for this subscription requires additional user action before it can be completed successfully.",
    });
  }
  if (decline) throw cardError({ ...decline });
}
