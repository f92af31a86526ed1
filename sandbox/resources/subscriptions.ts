import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { operation, retrieval } from "../api/operation.js";
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
  type Reader,
  required,
  text,
} from "../api/params.js";
import { discountsParam } from "../billing/choose-discounts.js";
import { isSent } from "../billing/collection.js";
import { pauseSubscription } from "../billing/pause-subscription.js";
import { idOf } from "../billing/price-amounts.js";
import { resumeSubscription } from "../billing/resume-subscription.js";
import { refuseOwnPause } from "../billing/schedule-of.js";
import { anchorConfig } from "./billing-anchors.js";
import { collectionParams } from "./collection-params.js";
import { getSubscription } from "./get-subscription.js";
import { recurringPriceData } from "./price-data.js";
import { cancellationDetails, cancelSubscription, updateSubscription } from "./subscription-changes.js";
import { createSubscription } from "./subscription-creation.js";
import { itemChangeParam } from "./subscription-item-changes.js";
import { addInvoiceItems } from "./subscription-order.js";

const trialSettings = hash({
  end_behavior: hash({
    billing_cycle_anchor: notHere,
    missing_payment_method: oneOf("cancel", "create_invoice", "pause"),
  }),
});

const paymentSettings = hash({
  payment_method_options: notHere,
  payment_method_types: clearable(listOf(only("card"))),
  save_default_payment_method: oneOf("off", "on_subscription"),
} satisfies Covers<Stripe.SubscriptionCreateParams.PaymentSettings>);

/** An instant, or `now`. */
export const trialEnd: Reader<"now" | number | undefined> = (value, at) =>
  value === "now" ? "now" : integer()(value, at);

export const createParams = {
  add_invoice_items: addInvoiceItems,
  application_fee_percent: notHere,
  automatic_tax: onlyDisabled,
  backdate_start_date: notHere,
  billing_cycle_anchor: integer(),
  billing_cycle_anchor_config: anchorConfig,
  billing_mode: hash({ type: only("flexible"), flexible: notHere }),
  billing_schedules: notHere,
  billing_thresholds: notHere,
  cancel_at: integer(),
  cancel_at_period_end: bool,
  ...collectionParams,
  currency: text,
  customer: required(text),
  customer_account: notHere,
  default_payment_method: text,
  default_source: notHere,
  default_tax_rates: notHere,
  description: text,
  discounts: clearable(discountsParam),
  invoice_settings: notHere,
  items: required(
    listOf(
      hash({
        billing_thresholds: notHere,
        current_trial: notHere,
        discounts: notHere,
        metadata,
        plan: notHere,
        price: text,
        price_data: recurringPriceData,
        quantity: integer({ min: 0 }),
        tax_rates: notHere,
      }),
    ),
  ),
  metadata,
  off_session: bool,
  on_behalf_of: notHere,
  payment_behavior: oneOf("allow_incomplete", "default_incomplete", "error_if_incomplete"),
  payment_settings: paymentSettings,
  pending_invoice_item_interval: notHere,
  proration_behavior: oneOf("always_invoice", "create_prorations", "none"),
  transfer_data: notHere,
  trial_end: trialEnd,
  trial_from_plan: only("false"),
  trial_period_days: integer({ min: 0, max: 730 }),
  trial_settings: trialSettings,
} satisfies Covers<Stripe.SubscriptionCreateParams>;

const updateBehavior = oneOf("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete");
const prorationBehavior = oneOf("always_invoice", "create_prorations", "none");
const anchor = hash({ type: required(oneOf("now", "unchanged")) });

export const updateParams = {
  add_invoice_items: addInvoiceItems,
  application_fee_percent: notHere,
  automatic_tax: onlyDisabled,
  billing_cycle_anchor: anchor,
  billing_schedules: notHere,
  billing_thresholds: notHere,
  cancel_at: clearable(integer()),
  cancel_at_period_end: bool,
  cancellation_details: cancellationDetails,
  ...collectionParams,
  default_payment_method: clearable(text),
  default_source: notHere,
  default_tax_rates: notHere,
  description: clearable(text),
  discounts: clearable(discountsParam),
  invoice_settings: notHere,
  items: listOf(itemChangeParam),
  metadata,
  off_session: bool,
  on_behalf_of: notHere,
  pause_collection: clearable(
    hash({ behavior: required(oneOf("keep_as_draft", "mark_uncollectible", "void")), resumes_at: integer() }),
  ),
  payment_behavior: updateBehavior,
  payment_settings: paymentSettings,
  pending_invoice_item_interval: notHere,
  proration_behavior: prorationBehavior,
  proration_date: integer(),
  transfer_data: notHere,
  trial_end: trialEnd,
  trial_from_plan: only("false"),
  trial_settings: trialSettings,
} satisfies Covers<Stripe.SubscriptionUpdateParams>;

export const cancelParams = {
  cancellation_details: cancellationDetails,
  invoice_now: bool,
  prorate: bool,
} satisfies Covers<Stripe.SubscriptionCancelParams>;

const pauseParams = {
  bill_for: hash({
    outstanding_usage_through: hash({ type: required(oneOf("none", "now")) }),
    unused_time_from: hash({ type: required(oneOf("none", "now")) }),
  }),
  invoicing_behavior: oneOf("invoice", "pending_invoice_item"),
  type: only("subscription"),
} satisfies Covers<Stripe.SubscriptionPauseParams>;

const resumeParams = {
  billing_cycle_anchor: hash({ type: required(only("now")) }),
  payment_behavior: oneOf("resume_on_payment_attempt", "resume_on_payment_success"),
  proration_behavior: prorationBehavior,
  proration_date: notHere,
} satisfies Covers<Stripe.SubscriptionResumeParams>;

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
  collection_method: collectionParams.collection_method,
  created: range,
  current_period_end: notHere,
  current_period_start: notHere,
  customer: text,
  customer_account: notHere,
  plan: notHere,
  price: text,
  status: oneOf("all", "ended", ...statuses),
  test_clock: text,
} satisfies Covers<Stripe.SubscriptionListParams>;

const path = "/v1/subscriptions";
const answers = "subscription";

export const subscriptionOperations = [
  operation({ method: "POST", path, answers, params: createParams, run: createSubscription }),
  retrieval(`${path}/:id`, answers, getSubscription),
  operation({ method: "POST", path: `${path}/:id`, answers, params: updateParams, run: updateSubscription }),
  operation({
    method: "POST",
    path: `${path}/:id/pause`,
    answers,
    params: pauseParams,
    run: (world, params, id) => {
      const subscription = getSubscription(world, id);
      refuseUnlessOfStatus(subscription, ["active", "past_due", "unpaid"], "paused");
      refuseIfSent(subscription, "paused");
      refuseOwnPause(world, subscription);
      return pauseSubscription(world, subscription, {
        givesBack: params.bill_for?.unused_time_from?.type !== "none",
        billsUsage: params.bill_for?.outstanding_usage_through?.type !== "none",
        isInvoiced: params.invoicing_behavior === "invoice",
      });
    },
  }),
  operation({
    method: "POST",
    path: `${path}/:id/resume`,
    answers,
    params: resumeParams,
    run: (world, params, id) => {
      const subscription = getSubscription(world, id);
      refuseUnlessOfStatus(subscription, ["paused"], "resumed");
      refuseIfSent(subscription, "resumed");
      return resumeSubscription(world, subscription, params.payment_behavior ?? "resume_on_payment_attempt");
    },
  }),
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
        .filter(({ test_clock }) => matches(params.test_clock, test_clock))
        .filter(({ collection_method }) => matches(params.collection_method, collection_method))
        .filter((subscription) => params.created(subscription.created) && isOfStatus(subscription, params.status))
        .filter(({ items }) => params.price === undefined || items.data.some(({ price }) => price.id === params.price));
      return pageOf(found, params, path);
    },
  }),
];

function refuseUnlessOfStatus({ status }: Stripe.Subscription, wanted: string[], done: string): void {
  if (wanted.includes(status)) return;
  throw invalidRequest(`A subscription with status \`${status}\` cannot be ${done}.`);
}

/** https://docs.stripe.com/billing/subscriptions/pause */
function refuseIfSent(subscription: Stripe.Subscription, done: string): void {
  if (!isSent(subscription)) return;
  throw invalidRequest(`A subscription with \`collection_method=send_invoice\` cannot be ${done}.`);
}

/** Canceled subscriptions are listed only when asked for. */
function isOfStatus({ status }: Stripe.Subscription, wanted: string | undefined): boolean {
  if (wanted === "all") return true;
  if (wanted === "ended") return status === "canceled" || status === "incomplete_expired";
  return wanted === undefined ? status !== "canceled" : status === wanted;
}
