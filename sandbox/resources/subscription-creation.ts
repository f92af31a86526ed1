import type Stripe from "stripe";
import { cardError, invalidRequest } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { customersDiscounts } from "../billing/applied-discounts.js";
import { chooseDiscounts, couponsOf } from "../billing/choose-discounts.js";
import { refuseOtherCurrency } from "../billing/customer-currency.js";
import { type Order, purchaseOf, totalOf } from "../billing/order.js";
import { buildPaymentIntent } from "../billing/payment-intent.js";
import { cardBehind } from "../billing/payment-method.js";
import { idOf, isMetered, isOfferedIn, refuseUnlessOfferedIn } from "../billing/price-amounts.js";
import { type FirstPayment, recordSubscriptionStart, startSubscription } from "../billing/start-subscription.js";
import { needsAuthentication, tryPayment } from "../billing/try-payment.js";
import { addDays } from "../calendar.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { getCustomer } from "./customers.js";
import { getPaymentMethod } from "./payment-methods.js";
import { getPrice } from "./prices.js";
import { applyCancelAt } from "./subscription-changes.js";
import type { createParams } from "./subscriptions.js";

/** Subscribes a customer whose card is on file; the first invoice is attempted at once. */
export function createSubscription(world: World, params: Read<typeof createParams>): Stripe.Subscription {
  const customer = getCustomer(world, params.customer, "customer");
  const undiscounted = orderFrom(world, params, customer);
  const purchase = purchaseOf(undiscounted, customer.id);
  const discounts = chooseDiscounts(world, params.discounts ?? [], purchase, [customer.discount ?? null]);
  const inherited = customersDiscounts(world, customer.id, nowInSeconds(world)).map(({ coupon }) => coupon);
  const order = { ...undiscounted, coupons: discounts.length > 0 ? couponsOf(discounts) : inherited };
  refuseOtherCurrency(world, customer, order.currency);
  refuseFourthOnTestClock(world, customer);
  // The customer's balance is taken into account first: https://docs.stripe.com/billing/customer/balance
  const due = Math.max(0, totalOf(order).total + customer.balance);
  const method = methodFor(world, customer, params.default_payment_method);
  const isUnconfirmed = params.payment_behavior === "default_incomplete";
  if (!method && due > 0 && !isUnconfirmed) {
    throw invalidRequest(
      "This customer has no attached payment source or default payment method. Please consider adding a default " +
        "payment method. For more information, visit https://stripe.com/docs/billing/payment-methods#payment-methods.",
      { code: "resource_missing" },
    );
  }

  const intent = buildPaymentIntent(world, {
    amount: due,
    currency: order.currency,
    customer: customer.id,
    description: "Subscription creation",
  });
  if (method && due > 0 && params.payment_behavior === "error_if_incomplete") refuseIfNotPayable(world, method);
  const payment = due > 0 ? firstPayment(world, intent, isUnconfirmed ? null : method) : null;

  world.tables.customer.put({ ...customer, currency: customer.currency ?? order.currency });
  const start = startSubscription(world, {
    customer: getCustomer(world, customer.id),
    order,
    terms: {
      customer: customer.id,
      defaultPaymentMethod: params.default_payment_method ?? null,
      isTaxAutomatic: false,
      metadata: mergeMetadata({}, params.metadata),
      description: params.description ?? null,
      missingPaymentMethod: params.trial_settings?.end_behavior?.missing_payment_method ?? "create_invoice",
    },
    discounts,
    checkoutSession: null,
    payment,
  });
  const subscription = world.tables.subscription.put(applyCancelAt(world, start.subscription, params));
  recordEvent(world, "customer.updated", getCustomer(world, customer.id), customer);
  recordSubscriptionStart(world, { ...start, subscription }, payment ? intent : null);
  return subscription;
}

/** Charges the card at once; without one the intent waits to be confirmed. */
function firstPayment(world: World, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod | null): FirstPayment {
  if (method) return tryPayment(world, intent, method, "off_session");
  return { kind: "unconfirmed", intent: world.tables.payment_intent.put(intent) };
}

function orderFrom(world: World, params: Read<typeof createParams>, customer: Stripe.Customer): Order {
  const items = params.items.map(({ price, quantity, metadata }, index) => {
    const found = getPrice(world, price, `items[${index}][price]`);
    if (!found.recurring) {
      throw invalidRequest(
        `The price specified is set to \`type=one_time\` but this field only accepts prices with \`type=recurring\`.`,
        { param: `items[${index}][price]` },
      );
    }
    if (quantity !== undefined && isMetered(found)) {
      throw invalidRequest("You cannot set the quantity for metered prices.", { param: `items[${index}][quantity]` });
    }
    return { price: found, quantity: quantity ?? 1, metadata: mergeMetadata({}, metadata) };
  });
  const [first] = items;
  if (!first) throw invalidRequest("You must provide at least one item.", { param: "items" });
  const customersOwn = customer.currency && isOfferedIn(first.price, customer.currency) ? customer.currency : null;
  const currency = params.currency ?? customersOwn ?? first.price.currency;
  for (const { price } of items) refuseUnlessOfferedIn(price, currency);
  return { items, currency, coupons: [], trialEnd: trialEndOf(world, params) };
}

function trialEndOf(world: World, { trial_end, trial_period_days }: Read<typeof createParams>): number | null {
  const now = nowInSeconds(world);
  if (trial_end !== undefined && trial_period_days !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: trial_end, trial_period_days.");
  }
  if (trial_end === "now") return null;
  if (trial_end === undefined) return trial_period_days ? addDays(now, trial_period_days) : null;
  if (trial_end > now) return trial_end;
  throw invalidRequest("The `trial_end` timestamp must be in the future.", { param: "trial_end" });
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
