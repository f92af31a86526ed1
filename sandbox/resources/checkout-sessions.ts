import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { operation, retrieval } from "../api/operation.js";
import {
  bool,
  type Covers,
  hash,
  integer,
  listOf,
  metadata,
  notHere,
  oneOf,
  only,
  onlyDisabled,
  required,
  text,
} from "../api/params.js";
import { idOf } from "../billing/price-amounts.js";
import { expireSession } from "../checkout/expire-session.js";
import type { World } from "../world.js";
import { createCheckoutSession } from "./checkout-session-creation.js";
import { checkoutPriceData } from "./price-data.js";
import { shippingParam } from "./shipping.js";

const subscriptionData = hash({
  application_fee_percent: notHere,
  billing_cycle_anchor: notHere,
  billing_cycle_anchor_config: notHere,
  billing_mode: hash({ type: only("flexible"), flexible: notHere }),
  default_tax_rates: notHere,
  description: text,
  invoice_settings: notHere,
  metadata,
  on_behalf_of: notHere,
  pending_invoice_item_interval: notHere,
  proration_behavior: notHere,
  transfer_data: notHere,
  trial_end: notHere,
  trial_period_days: integer({ min: 1, max: 730 }),
  trial_settings: hash({
    end_behavior: hash({
      billing_cycle_anchor: notHere,
      missing_payment_method: oneOf("cancel", "create_invoice", "pause"),
    }),
  }),
} satisfies Covers<Stripe.Checkout.SessionCreateParams.SubscriptionData>);

const lineItem = hash({
  adjustable_quantity: onlyDisabled,
  metadata: notHere,
  price: text,
  price_data: checkoutPriceData,
  quantity: integer({ min: 1 }),
  tax_rates: notHere,
} satisfies Covers<Stripe.Checkout.SessionCreateParams.LineItem>);

/** Callers of older versions say so; with cards only it changes nothing. */
const legacy = { payment_method_types: listOf(only("card")) };

const paymentIntentData = hash({
  application_fee_amount: notHere,
  capture_method: notHere,
  description: text,
  metadata,
  on_behalf_of: notHere,
  receipt_email: notHere,
  setup_future_usage: notHere,
  shipping: shippingParam,
  statement_descriptor: notHere,
  statement_descriptor_suffix: notHere,
  transfer_data: notHere,
  transfer_group: notHere,
} satisfies Covers<Stripe.Checkout.SessionCreateParams.PaymentIntentData>);

export const createParams = {
  ...legacy,
  adaptive_pricing: onlyDisabled,
  after_expiration: notHere,
  allow_promotion_codes: bool,
  allowed_payment_method_types: listOf(only("card")),
  automatic_tax: hash({ enabled: required(bool), liability: notHere }),
  billing_address_collection: oneOf("auto", "required"),
  branding_settings: notHere,
  cancel_url: text,
  client_reference_id: text,
  consent_collection: notHere,
  currency: text,
  custom_fields: notHere,
  custom_text: notHere,
  customer: text,
  customer_account: notHere,
  customer_creation: oneOf("always", "if_required"),
  customer_email: text,
  customer_update: hash({ address: oneOf("auto", "never"), name: oneOf("auto", "never"), shipping: only("never") }),
  discounts: listOf(hash({ coupon: text, promotion_code: text })),
  excluded_payment_method_types: notHere,
  expires_at: integer(),
  integration_identifier: text,
  invoice_creation: notHere,
  line_items: listOf(lineItem),
  locale: text,
  managed_payments: onlyDisabled,
  metadata,
  mode: required(oneOf("payment", "setup", "subscription")),
  name_collection: notHere,
  optional_items: notHere,
  origin_context: notHere,
  payment_intent_data: paymentIntentData,
  payment_method_collection: oneOf("always", "if_required"),
  payment_method_configuration: notHere,
  payment_method_data: notHere,
  payment_method_options: notHere,
  permissions: notHere,
  phone_number_collection: onlyDisabled,
  redirect_on_completion: notHere,
  return_url: notHere,
  saved_payment_method_options: notHere,
  setup_intent_data: notHere,
  shipping_address_collection: notHere,
  shipping_options: notHere,
  submit_type: notHere,
  subscription_data: subscriptionData,
  success_url: required(text),
  tax_id_collection: onlyDisabled,
  ui_mode: only("hosted_page"),
  wallet_options: notHere,
} satisfies Covers<Stripe.Checkout.SessionCreateParams>;

const listParams = {
  ...paging,
  created: range,
  customer: text,
  customer_account: notHere,
  customer_details: hash({ email: required(text) }),
  payment_intent: text,
  payment_link: notHere,
  status: oneOf("open", "complete", "expired"),
  subscription: text,
} satisfies Covers<Stripe.Checkout.SessionListParams>;

const path = "/v1/checkout/sessions";
const answers = "checkout.session";

export const checkoutSessionOperations = [
  operation({ method: "POST", path, answers, params: createParams, run: createCheckoutSession }),
  retrieval(`${path}/:id`, answers, getCheckoutSession),
  operation({
    method: "POST",
    path: `${path}/:id/expire`,
    answers,
    params: {},
    run: (world, _params, id) => {
      const session = getCheckoutSession(world, id);
      if (session.status === "open") return expireSession(world, session);
      throw invalidRequest(
        `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`,
      );
    },
  }),
  operation({
    method: "GET",
    path: `${path}/:id/line_items`,
    answers: { list: "item" },
    params: paging satisfies Covers<Stripe.Checkout.SessionListLineItemsParams>,
    run: (world, params, id) =>
      pageOf(getCheckoutSession(world, id).line_items?.data ?? [], params, `${path}/${id}/line_items`),
  }),
  operation({
    method: "GET",
    path,
    answers: { list: answers },
    params: listParams,
    run: (world, params) => {
      const found = world.tables["checkout.session"]
        .newestFirst()
        .filter((session) => params.created(session.created) && matches(params.status, session.status))
        .filter((session) => matches(params.customer, session.customer && idOf(session.customer)))
        .filter((session) => matches(params.subscription, session.subscription && idOf(session.subscription)))
        .filter((session) => matches(params.payment_intent, session.payment_intent && idOf(session.payment_intent)))
        .filter((session) => matches(params.customer_details?.email, session.customer_details?.email));
      return pageOf(found, params, path);
    },
  }),
];

export function getCheckoutSession(world: World, id: string): Stripe.Checkout.Session {
  const session = world.tables["checkout.session"].find(id);
  if (!session) throw noSuch("checkout.session", id);
  return session;
}
