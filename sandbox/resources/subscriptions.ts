import type Stripe from "stripe";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { operation } from "../api/operation.js";
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
  onlyDisabled,
  required,
  text,
} from "../api/params.js";
import { idOf } from "../billing/price-amounts.js";
import { getSubscription } from "./get-subscription.js";
import { cancellationDetails, cancelSubscription, updateSubscription } from "./subscription-changes.js";
import { createSubscription } from "./subscription-creation.js";

const trialSettings = hash({
  end_behavior: hash({
    billing_cycle_anchor: notHere,
    missing_payment_method: oneOf("cancel", "create_invoice", "pause"),
  }),
});

export const createParams = {
  add_invoice_items: notHere,
  application_fee_percent: notHere,
  automatic_tax: onlyDisabled,
  backdate_start_date: notHere,
  billing_cycle_anchor: notHere,
  billing_cycle_anchor_config: notHere,
  billing_mode: hash({ type: only("flexible"), flexible: notHere }),
  billing_schedules: notHere,
  billing_thresholds: notHere,
  cancel_at: integer(),
  cancel_at_period_end: bool,
  collection_method: only("charge_automatically"),
  currency: text,
  customer: required(text),
  customer_account: notHere,
  days_until_due: notHere,
  default_payment_method: text,
  default_source: notHere,
  default_tax_rates: notHere,
  description: text,
  discounts: listOf(hash({ coupon: text, discount: notHere, promotion_code: text })),
  invoice_settings: notHere,
  items: required(
    listOf(
      hash({
        billing_thresholds: notHere,
        current_trial: notHere,
        discounts: notHere,
        metadata,
        plan: notHere,
        price: required(text),
        price_data: notHere,
        quantity: integer({ min: 0 }),
        tax_rates: notHere,
      }),
    ),
  ),
  metadata,
  off_session: bool,
  on_behalf_of: notHere,
  payment_behavior: oneOf("allow_incomplete", "error_if_incomplete"),
  payment_settings: notHere,
  pending_invoice_item_interval: notHere,
  proration_behavior: oneOf("always_invoice", "create_prorations", "none"),
  transfer_data: notHere,
  trial_end: notHere,
  trial_from_plan: only("false"),
  trial_period_days: integer({ min: 0, max: 730 }),
  trial_settings: trialSettings,
} satisfies Covers<Stripe.SubscriptionCreateParams>;

export const updateParams = {
  add_invoice_items: notHere,
  application_fee_percent: notHere,
  automatic_tax: onlyDisabled,
  billing_cycle_anchor: notHere,
  billing_schedules: notHere,
  billing_thresholds: notHere,
  cancel_at: clearable(integer()),
  cancel_at_period_end: bool,
  cancellation_details: cancellationDetails,
  collection_method: only("charge_automatically"),
  days_until_due: notHere,
  default_payment_method: clearable(text),
  default_source: notHere,
  default_tax_rates: notHere,
  description: clearable(text),
  discounts: notHere,
  invoice_settings: notHere,
  items: notHere,
  metadata,
  off_session: bool,
  on_behalf_of: notHere,
  pause_collection: notHere,
  payment_behavior: notHere,
  payment_settings: notHere,
  pending_invoice_item_interval: notHere,
  proration_behavior: oneOf("always_invoice", "create_prorations", "none"),
  proration_date: notHere,
  transfer_data: notHere,
  trial_end: notHere,
  trial_from_plan: only("false"),
  trial_settings: notHere,
} satisfies Covers<Stripe.SubscriptionUpdateParams>;

export const cancelParams = {
  cancellation_details: cancellationDetails,
  invoice_now: only("false"),
  prorate: only("false"),
} satisfies Covers<Stripe.SubscriptionCancelParams>;

const statuses = [
  "active",
  "canceled",
  "incomplete",
  "incomplete_expired",
  "past_due",
  "paused",
  "trialing",
  "unpaid",
] as const;

const listParams = {
  ...paging,
  automatic_tax: notHere,
  collection_method: only("charge_automatically"),
  created: range,
  current_period_end: notHere,
  current_period_start: notHere,
  customer: text,
  customer_account: notHere,
  plan: notHere,
  price: text,
  status: oneOf("all", "ended", ...statuses),
  test_clock: notHere,
} satisfies Covers<Stripe.SubscriptionListParams>;

const path = "/v1/subscriptions";
const answers = "subscription";

export const subscriptionOperations = [
  operation({ method: "POST", path, answers, params: createParams, run: createSubscription }),
  operation({
    method: "GET",
    path: `${path}/:id`,
    answers,
    params: {},
    run: (world, _params, id) => getSubscription(world, id),
  }),
  operation({ method: "POST", path: `${path}/:id`, answers, params: updateParams, run: updateSubscription }),
  operation({ method: "DELETE", path: `${path}/:id`, answers, params: cancelParams, run: cancelSubscription }),
  operation({
    method: "GET",
    path,
    answers: { list: "subscription" },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.subscription
        .newestFirst()
        .filter((subscription) => matches(params.customer, idOf(subscription.customer)))
        .filter((subscription) => params.created(subscription.created) && isOfStatus(subscription, params.status))
        .filter(({ items }) => params.price === undefined || items.data.some(({ price }) => price.id === params.price));
      return pageOf(found, params, path);
    },
  }),
];

/** Canceled subscriptions are listed only when asked for. */
function isOfStatus({ status }: Stripe.Subscription, wanted: string | undefined): boolean {
  if (wanted === "all") return true;
  if (wanted === "ended") return status === "canceled" || status === "incomplete_expired";
  return wanted === undefined ? status !== "canceled" : status === wanted;
}
