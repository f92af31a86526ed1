import type Stripe from "stripe";
import { invalidRequest, missingParameter } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { refuseOtherCurrency } from "../billing/customer-currency.js";
import { redeem } from "../billing/discounts.js";
import { purchaseOf } from "../billing/order.js";
import { isMetered, isOfferedIn, refuseUnlessOfferedIn } from "../billing/price-amounts.js";
import { buildSetupIntent } from "../billing/setup-intent.js";
import type { CheckoutPlan } from "../checkout/plan.js";
import { putSessionWithPlan } from "../checkout/session-amounts.js";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { buildSession } from "./checkout-session-shape.js";
import type { createParams } from "./checkout-sessions.js";
import { getCustomer } from "./customers.js";
import { priceGiven } from "./price-data.js";
import { readShipping } from "./shipping.js";

type Params = Read<typeof createParams>;
type Line = NonNullable<Params["line_items"]>[number];

export function createCheckoutSession(world: World, params: Params): Stripe.Checkout.Session {
  refuseContradictions(params);
  const customer = params.customer === undefined ? null : getCustomer(world, params.customer, "customer");
  if (params.mode === "setup") return createSetupSession(world, params, customer);
  const { line_items, mode } = params;
  if (!line_items) throw missingParameter("line_items");
  const prices = line_items.map((line, index) => priceFor(world, mode, line, `line_items[${index}]`));
  const currency = currencyOf(params, customer, prices);
  for (const price of prices) refuseUnlessOfferedIn(price, currency);
  if (customer && mode === "subscription") refuseOtherCurrency(world, customer, currency);
  const [discount] = params.discounts ?? [];
  if (params.automatic_tax?.enabled) refuseWithoutLocation(params, customer);
  const items = line_items.flatMap(({ quantity }, index) => {
    const price = prices[index];
    if (price && isMetered(price) && quantity !== undefined) {
      throw invalidRequest("`quantity` cannot be set for metered prices.", { param: `line_items[${index}][quantity]` });
    }
    return price ? [{ price, quantity: quantity ?? 1 }] : [];
  });
  const purchase = purchaseOf({ items, currency }, customer?.id ?? null);
  const redemption = discount ? redeem(world, discount, purchase, "discounts[0]") : null;

  const plan: CheckoutPlan = {
    items: items.map(({ price, quantity }) => ({ price: price.id, quantity })),
    currency,
    ...basicPlan(params, customer),
    coupon: redemption?.coupon.id ?? null,
    promotionCode: redemption?.promotionCode?.id ?? null,
  };
  return putSessionWithPlan(world, buildSession(world, params, { customer, prices, currency }), plan);
}

/** Saves a card for later; nothing is bought. https://docs.stripe.com/payments/save-and-reuse */
function createSetupSession(world: World, params: Params, customer: Stripe.Customer | null): Stripe.Checkout.Session {
  if (params.line_items) throw invalidRequest("`line_items` cannot be used in `setup` mode.", { param: "line_items" });
  if (params.discounts) throw invalidRequest("`discounts` cannot be used in `setup` mode.", { param: "discounts" });
  const currency = params.currency?.toLowerCase() ?? null;
  const setup = world.tables.setup_intent.put(buildSetupIntent(world, customer?.id ?? null));
  recordEvent(world, "setup_intent.created", setup);
  const session = { ...buildSession(world, params, { customer, prices: [], currency }), setup_intent: setup.id };
  world.checkouts.set(session.id, { ...basicPlan(params, customer), items: [], currency: currency ?? "usd" });
  return world.tables["checkout.session"].put(session);
}

function basicPlan(params: Params, customer: Stripe.Customer | null): Omit<CheckoutPlan, "items" | "currency"> {
  return {
    customer: customer?.id ?? newId.customer(),
    subscription: {
      metadata: mergeMetadata({}, params.subscription_data?.metadata),
      description: params.subscription_data?.description ?? null,
      trialPeriodDays: params.subscription_data?.trial_period_days ?? null,
      missingPaymentMethod:
        params.subscription_data?.trial_settings?.end_behavior?.missing_payment_method ?? "create_invoice",
    },
    ...(params.payment_intent_data && { payment: paymentOf(params.payment_intent_data) }),
    updatesName: params.customer_update?.name === "auto",
    coupon: null,
    promotionCode: null,
    attempt: { paymentIntent: null, paymentMethod: null, isAwaitingAuthentication: false },
  };
}

function paymentOf(given: NonNullable<Params["payment_intent_data"]>): CheckoutPlan["payment"] & object {
  return {
    description: given.description ?? null,
    metadata: mergeMetadata({}, given.metadata),
    shipping: given.shipping ? readShipping(given.shipping) : null,
  };
}

function refuseWithoutLocation(params: Params, customer: Stripe.Customer | null): void {
  if (!customer || customer.address || params.customer_update?.address === "auto") return;
  throw invalidRequest(
    "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the " +
      "Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' to save " +
      "the address entered in Checkout to the Customer.",
    { code: "customer_tax_location_invalid" },
  );
}

function priceFor(world: World, mode: "payment" | "subscription", line: Line, at: string): Stripe.Price {
  const price = priceGiven(world, line, at);
  const isRecurring = price.recurring !== null;
  if (isRecurring === (mode === "subscription")) return price;
  if (isRecurring) {
    throw invalidRequest(
      "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only " +
        "one-time prices.",
    );
  }
  throw invalidRequest("You must provide at least one recurring price in `subscription` mode when using prices.");
}

function currencyOf(params: Params, customer: Stripe.Customer | null, prices: Stripe.Price[]): string {
  const [first] = prices;
  if (!first) throw invalidRequest("You must provide at least one line item.", { param: "line_items" });
  if (params.currency !== undefined) return params.currency.toLowerCase();
  const customersOwn = customer?.currency ?? null;
  return customersOwn !== null && isOfferedIn(first, customersOwn) ? customersOwn : first.currency;
}

function refuseContradictions(params: Params): void {
  if (params.customer !== undefined && params.customer_email !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: customer, customer_email.");
  }
  if (params.payment_intent_data && params.mode !== "payment") {
    throw invalidRequest(`You can not pass \`payment_intent_data\` in \`${params.mode}\` mode.`);
  }
  if (params.allow_promotion_codes && params.discounts) {
    throw invalidRequest("You may only specify one of these parameters: allow_promotion_codes, discounts.");
  }
  if (params.customer_creation && (params.mode === "subscription" || params.customer !== undefined)) {
    throw invalidRequest("`customer_creation` can only be used in `payment` or `setup` mode without a `customer`.", {
      param: "customer_creation",
    });
  }
  if (params.subscription_data && params.mode !== "subscription") {
    throw invalidRequest("You can not pass `subscription_data` unless the mode is `subscription`.", {
      param: "subscription_data",
    });
  }
  // https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-payment_method_collection
  if (params.payment_method_collection && params.mode !== "subscription") {
    throw invalidRequest("`payment_method_collection` can only be used in `subscription` mode.", {
      param: "payment_method_collection",
    });
  }
  if (params.customer_update && params.customer === undefined) {
    throw invalidRequest("`customer_update` can only be used with `customer`.", { param: "customer_update" });
  }
}
