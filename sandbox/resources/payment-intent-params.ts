import type Stripe from "stripe";
import { paging, range } from "../api/lists.js";
import {
  bool,
  type Covers,
  clearable,
  hash,
  integer,
  listOf,
  metadata,
  notHere,
  oneOf,
  only,
  required,
  text,
} from "../api/params.js";
import { cardDataParam } from "./payment-method-data.js";
import { returnUrl } from "./return-url.js";
import { shippingParam } from "./shipping.js";

/** Callers of older versions say so; with cards only it changes nothing. */
const legacy = { payment_method_types: listOf(only("card")) };

const setupFutureUsage = oneOf("off_session", "on_session");

/** What create, update and confirm have in common. */
const shared = {
  allowed_payment_method_types: listOf(only("card")),
  amount_details: notHere,
  capture_method: oneOf("automatic", "automatic_async", "manual"),
  excluded_payment_method_types: notHere,
  hooks: notHere,
  payment_details: notHere,
  payment_method: text,
  payment_method_data: cardDataParam,
  payment_method_options: notHere,
  receipt_email: clearable(text),
  setup_future_usage: clearable(setupFutureUsage),
  shipping: clearable(shippingParam),
};

/** What only confirming takes, alone or as part of creating. */
const confirming = {
  confirmation_token: notHere,
  error_on_requires_action: bool,
  mandate: notHere,
  mandate_data: notHere,
  off_session: bool,
  radar_options: notHere,
  return_url: returnUrl,
  use_stripe_sdk: bool,
};

const descriptive = {
  application_fee_amount: notHere,
  customer: text,
  customer_account: notHere,
  description: text,
  metadata,
  payment_method_configuration: notHere,
  statement_descriptor: text,
  statement_descriptor_suffix: text,
  transfer_data: notHere,
  transfer_group: notHere,
};

export const createParams = {
  ...shared,
  ...confirming,
  ...descriptive,
  ...legacy,
  amount: required(integer()),
  automatic_payment_methods: hash({ enabled: required(bool), allow_redirects: oneOf("always", "never") }),
  confirm: bool,
  confirmation_method: only("automatic"),
  currency: required(text),
  on_behalf_of: notHere,
} satisfies Covers<Stripe.PaymentIntentCreateParams>;

export const updateParams = {
  ...shared,
  ...descriptive,
  ...legacy,
  amount: integer(),
  currency: text,
} satisfies Covers<Stripe.PaymentIntentUpdateParams>;

export const confirmParams = {
  ...shared,
  ...confirming,
  ...legacy,
  amount_to_confirm: notHere,
} satisfies Covers<Stripe.PaymentIntentConfirmParams>;

export const captureParams = {
  amount_details: notHere,
  amount_to_capture: integer({ min: 1 }),
  application_fee_amount: notHere,
  final_capture: only("true"),
  hooks: notHere,
  metadata,
  payment_details: notHere,
  statement_descriptor: text,
  statement_descriptor_suffix: text,
  transfer_data: notHere,
} satisfies Covers<Stripe.PaymentIntentCaptureParams>;

export const cancelParams = {
  cancellation_reason: oneOf("abandoned", "duplicate", "fraudulent", "requested_by_customer"),
} satisfies Covers<Stripe.PaymentIntentCancelParams>;

export const listParams = {
  ...paging,
  created: range,
  customer: text,
  customer_account: notHere,
} satisfies Covers<Stripe.PaymentIntentListParams>;
