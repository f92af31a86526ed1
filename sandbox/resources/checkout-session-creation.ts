import type Stripe from "stripe";
import { invalidParameter, invalidRequest } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { refuseOtherCurrency } from "../billing/customer-currency.js";
import { redeem, refuseCustomerDiscount } from "../billing/discounts.js";
import { purchaseOf } from "../billing/order.js";
import { idOf, inlinePrice, isMetered, isOfferedIn, refuseUnlessOfferedIn } from "../billing/price-amounts.js";
import type { CheckoutPlan } from "../checkout/plan.js";
import { putSessionWithPlan } from "../checkout/session-amounts.js";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";
import type { createParams } from "./checkout-sessions.js";
import { getCustomer } from "./customers.js";
import { getPrice } from "./prices.js";

type Params = Read<typeof createParams>;

const minutes = 60;
const hours = 60 * minutes;

export function createCheckoutSession(world: World, params: Params): Stripe.Checkout.Session {
  refuseContradictions(params);
  const customer = params.customer === undefined ? null : getCustomer(world, params.customer, "customer");
  const prices = params.line_items.map(({ price }, index) =>
    recurringPrice(world, price, `line_items[${index}][price]`),
  );
  const currency = currencyOf(params, customer, prices);
  for (const price of prices) refuseUnlessOfferedIn(price, currency);
  if (customer) refuseOtherCurrency(world, customer, currency);
  const [discount] = params.discounts ?? [];
  if (params.automatic_tax?.enabled) refuseWithoutLocation(params, customer);
  const items = params.line_items.flatMap(({ quantity }, index) => {
    const price = prices[index];
    if (price && isMetered(price) && quantity !== undefined) {
      throw invalidRequest("`quantity` cannot be set for metered prices.", { param: `line_items[${index}][quantity]` });
    }
    return price ? [{ price, quantity: quantity ?? 1 }] : [];
  });
  const purchase = purchaseOf({ items, currency }, customer?.id ?? null);
  const redemption = discount ? redeem(world, discount, purchase) : null;
  if (customer) refuseCustomerDiscount(customer, redemption);

  const plan: CheckoutPlan = {
    items: params.line_items.map(({ price, quantity }) => ({ price, quantity: quantity ?? 1 })),
    currency,
    customer: customer?.id ?? newId.customer(),
    subscription: {
      metadata: mergeMetadata({}, params.subscription_data?.metadata),
      description: params.subscription_data?.description ?? null,
      trialPeriodDays: params.subscription_data?.trial_period_days ?? null,
    },
    updatesName: params.customer_update?.name === "auto",
    coupon: redemption?.coupon.id ?? null,
    promotionCode: redemption?.promotionCode?.id ?? null,
    attempt: { paymentIntent: null, paymentMethod: null, isAwaitingAuthentication: false },
  };
  return putSessionWithPlan(world, buildSession(world, params, { customer, prices, currency }), plan);
}

function buildSession(
  world: World,
  params: Params,
  { customer, prices, currency }: { customer: Stripe.Customer | null; prices: Stripe.Price[]; currency: string },
): Stripe.Checkout.Session {
  const id = newId.checkoutSession();
  const created = nowInSeconds(world);
  return {
    id,
    object: "checkout.session",
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: params.allow_promotion_codes ?? null,
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    amount_subtotal: null,
    amount_total: null,
    automatic_tax: automaticTax(params, customer),
    billing_address_collection: params.billing_address_collection ?? null,
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    client_secret: null,
    collected_information: { business_name: null, individual_name: null, shipping_details: null },
    consent: null,
    consent_collection: null,
    created,
    currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: customer?.id ?? null,
    customer_account: null,
    customer_creation: customer ? null : "always",
    customer_details: initialDetails(customer?.email ?? params.customer_email ?? null),
    customer_email: params.customer_email ?? null,
    discounts: [],
    expires_at: params.expires_at === undefined ? created + 24 * hours : checkedExpiry(params.expires_at, created),
    integration_identifier: params.integration_identifier ?? null,
    invoice: null,
    invoice_creation: null,
    line_items: {
      object: "list",
      data: params.line_items.flatMap(({ quantity }, index) => lineOf(world, prices[index], quantity ?? 1, currency)),
      has_more: false,
      url: `/v1/checkout/sessions/${id}/line_items`,
    },
    livemode: false,
    locale: params.locale ?? null,
    managed_payments: { enabled: false },
    metadata: mergeMetadata({}, params.metadata),
    mode: "subscription",
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: "always",
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: "automatic" } },
    payment_method_types: ["card"],
    payment_status: "unpaid",
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: {
      allow_redisplay_filters: ["always"],
      payment_method_remove: "disabled",
      payment_method_save: null,
    },
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: "open",
    submit_type: null,
    subscription: null,
    success_url: params.success_url,
    total_details: null,
    ui_mode: "hosted_page",
    url: `${world.origin}/c/pay/${id}`,
    wallet_options: null,
  };
}

/** The address is asked for on Stripe's page; the sandbox's does not ask, and its tax is always 0. */
function automaticTax(params: Params, customer: Stripe.Customer | null): Stripe.Checkout.Session.AutomaticTax {
  if (!params.automatic_tax?.enabled) return { enabled: false, liability: null, provider: null, status: null };
  const status = customer?.address ? "complete" : "requires_location_inputs";
  return { enabled: true, liability: { type: "self" }, provider: "stripe", status };
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

function initialDetails(email: string | null): Stripe.Checkout.Session.CustomerDetails | null {
  if (email === null) return null;
  return {
    address: null,
    business_name: null,
    email,
    individual_name: null,
    name: null,
    phone: null,
    tax_exempt: "none",
    tax_ids: null,
  };
}

function lineOf(world: World, price: Stripe.Price | undefined, quantity: number, currency: string): Stripe.LineItem[] {
  if (!price) return [];
  const product = world.tables.product.find(idOf(price.product));
  return [
    {
      id: newId.lineItem(),
      object: "item",
      adjustable_quantity: null,
      amount_discount: 0,
      amount_subtotal: 0,
      amount_tax: 0,
      amount_total: 0,
      currency,
      description: product?.name ?? null,
      metadata: {},
      price: inlinePrice(price),
      quantity,
    },
  ];
}

function recurringPrice(world: World, id: string, param: string): Stripe.Price {
  const price = getPrice(world, id, param);
  if (!price.active) {
    throw invalidRequest("The price specified is inactive. This field only accepts active prices.", { param });
  }
  if (price.recurring) return price;
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
  if (params.allow_promotion_codes && params.discounts) {
    throw invalidRequest("You may only specify one of these parameters: allow_promotion_codes, discounts.");
  }
  if (params.customer_update && params.customer === undefined) {
    throw invalidRequest("`customer_update` can only be used with `customer`.", { param: "customer_update" });
  }
}

function checkedExpiry(expiresAt: number, now: number): number {
  if (expiresAt >= now + 30 * minutes && expiresAt <= now + 24 * hours) return expiresAt;
  const side = expiresAt < now + 30 * minutes ? "at least 30 minutes" : "less than 24 hours";
  throw invalidParameter(
    "parameter_invalid",
    `The \`expires_at\` timestamp must be ${side} from Checkout Session creation.`,
    "expires_at",
  );
}
