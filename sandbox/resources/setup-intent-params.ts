import type Stripe from "stripe";
import { paging, range } from "../api/lists.js";
import { bool, type Covers, hash, listOf, metadata, notHere, oneOf, only, required, text } from "../api/params.js";
import { cardDataParam } from "./payment-method-data.js";
import { returnUrl } from "./return-url.js";

/** Callers of older versions say so; with cards only it changes nothing. */
const legacy = { payment_method_types: listOf(only("card")) };

const shared = {
  allowed_payment_method_types: listOf(only("card")),
  payment_method: text,
  payment_method_data: cardDataParam,
  payment_method_options: notHere,
};

const confirming = {
  confirmation_token: notHere,
  mandate_data: notHere,
  return_url: returnUrl,
  use_stripe_sdk: bool,
};

const descriptive = {
  attach_to_self: notHere,
  customer: text,
  customer_account: notHere,
  description: text,
  excluded_payment_method_types: notHere,
  flow_directions: notHere,
  metadata,
  payment_method_configuration: notHere,
};

export const createParams = {
  ...shared,
  ...confirming,
  ...descriptive,
  ...legacy,
  automatic_payment_methods: hash({ enabled: required(bool), allow_redirects: oneOf("always", "never") }),
  confirm: bool,
  on_behalf_of: notHere,
  single_use: notHere,
  usage: oneOf("off_session", "on_session"),
} satisfies Covers<Stripe.SetupIntentCreateParams>;

export const updateParams = {
  ...shared,
  ...descriptive,
  ...legacy,
} satisfies Covers<Stripe.SetupIntentUpdateParams>;

export const confirmParams = {
  ...shared,
  ...confirming,
  ...legacy,
} satisfies Covers<Stripe.SetupIntentConfirmParams>;

export const cancelParams = {
  cancellation_reason: oneOf("abandoned", "duplicate", "requested_by_customer"),
} satisfies Covers<Stripe.SetupIntentCancelParams>;

export const listParams = {
  ...paging,
  attach_to_self: notHere,
  created: range,
  customer: text,
  customer_account: notHere,
  payment_method: text,
} satisfies Covers<Stripe.SetupIntentListParams>;
