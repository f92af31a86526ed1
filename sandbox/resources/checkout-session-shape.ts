import type Stripe from "stripe";
import { invalidParameter } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { idOf, inlinePrice } from "../billing/price-amounts.js";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";
import { merchantName } from "./account.js";
import type { createParams } from "./checkout-sessions.js";

type Params = Read<typeof createParams>;

const minutes = 60;
const hours = 60 * minutes;

const savedMethods = {
  allow_redisplay_filters: ["always" as const],
  payment_method_remove: "disabled" as const,
  payment_method_save: null,
};

/** As an account has it that has chosen nothing. */
const branding = {
  background_color: "#ffffff",
  border_style: "rounded" as const,
  button_color: "#0074d4",
  display_name: merchantName,
  font_family: "default",
  icon: null,
  logo: null,
};

/** What a payment's own invoice would say, if there were one. */
const noInvoice = {
  enabled: false,
  invoice_data: {
    account_tax_ids: null,
    custom_fields: null,
    description: null,
    footer: null,
    issuer: null,
    metadata: null,
    rendering_options: null,
  },
};

/** A new, open session as it is answered; its sums come from its plan. */
export function buildSession(
  world: World,
  params: Params,
  { customer, prices, currency }: { customer: Stripe.Customer | null; prices: Stripe.Price[]; currency: string | null },
): Stripe.Checkout.Session {
  const id = newId.checkoutSession();
  const created = nowInSeconds(world);
  const { mode } = params;
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
    branding_settings: branding,
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
    customer_creation: customer ? null : creationOf(params),
    customer_details: initialDetails(mode, customer?.email ?? params.customer_email ?? null),
    customer_email: params.customer_email ?? null,
    discounts: mode === "setup" ? null : [],
    expires_at: params.expires_at === undefined ? created + 24 * hours : checkedExpiry(params.expires_at, created),
    integration_identifier: params.integration_identifier ?? null,
    invoice: null,
    invoice_creation: mode === "payment" ? noInvoice : null,
    line_items: {
      object: "list",
      data: (params.line_items ?? []).flatMap(({ quantity }, index) =>
        lineOf(world, prices[index], quantity ?? 1, currency ?? "usd"),
      ),
      has_more: false,
      url: `/v1/checkout/sessions/${id}/line_items`,
    },
    livemode: false,
    locale: params.locale ?? null,
    managed_payments: { enabled: false },
    metadata: mergeMetadata({}, params.metadata),
    mode,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: params.payment_method_collection ?? (mode === "payment" ? "if_required" : "always"),
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: "automatic" } },
    payment_method_types: ["card"],
    payment_status: mode === "setup" ? "no_payment_required" : "unpaid",
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: mode === "setup" ? null : savedMethods,
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

/** A subscription always has a customer; a payment only if it must. */
function creationOf({ mode, customer_creation }: Params): "always" | "if_required" {
  return mode === "subscription" ? "always" : (customer_creation ?? "if_required");
}

/** The address is asked for on Stripe's page; the sandbox's does not ask, and its tax is always 0. */
function automaticTax(params: Params, customer: Stripe.Customer | null): Stripe.Checkout.Session.AutomaticTax {
  if (!params.automatic_tax?.enabled) return { enabled: false, liability: null, provider: null, status: null };
  const status = customer?.address ? "complete" : "requires_location_inputs";
  return { enabled: true, liability: { type: "self" }, provider: "stripe", status };
}

function initialDetails(mode: Params["mode"], email: string | null): Stripe.Checkout.Session.CustomerDetails | null {
  if (email === null) return null;
  return {
    address: null,
    business_name: null,
    email,
    individual_name: null,
    name: null,
    phone: null,
    // Where nothing is sold nobody is exempt.
    tax_exempt: mode === "setup" ? null : "none",
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

function checkedExpiry(expiresAt: number, now: number): number {
  if (expiresAt >= now + 30 * minutes && expiresAt <= now + 24 * hours) return expiresAt;
  const side = expiresAt < now + 30 * minutes ? "at least 30 minutes" : "less than 24 hours";
  throw invalidParameter(
    "parameter_invalid",
    `The \`expires_at\` timestamp must be ${side} from Checkout Session creation.`,
    "expires_at",
  );
}
