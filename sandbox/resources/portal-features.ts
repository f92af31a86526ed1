import type Stripe from "stripe";
import { bool, clearable, hash, integer, listOf, notHere, oneOf, type Read, required, text } from "../api/params.js";

type Features = Stripe.BillingPortal.Configuration.Features;

const proration = oneOf("none", "create_prorations", "always_invoice");

const shape = {
  customer_update: hash({
    allowed_updates: clearable(listOf(oneOf("address", "email", "name", "phone", "shipping", "tax_id"))),
    enabled: bool,
  }),
  invoice_history: hash({ enabled: required(bool) }),
  payment_method_update: hash({ enabled: required(bool), payment_method_configuration: notHere }),
  subscription_cancel: hash({
    cancellation_reason: hash({
      enabled: required(bool),
      feedback_options: notHere,
      options: listOf(
        oneOf(
          "customer_service",
          "low_quality",
          "missing_features",
          "other",
          "switched_service",
          "too_complex",
          "too_expensive",
          "unused",
        ),
      ),
    }),
    enabled: bool,
    mode: oneOf("at_period_end", "immediately"),
    proration_behavior: proration,
  }),
  subscription_pause: hash({ enabled: oneOf("false"), duration: notHere }),
  subscription_update: hash({
    billing_cycle_anchor: oneOf("now", "unchanged"),
    default_allowed_updates: clearable(listOf(oneOf("price", "promotion_code", "quantity"))),
    enabled: bool,
    products: clearable(
      listOf(
        hash({
          adjustable_quantity: hash({ enabled: required(bool), maximum: integer(), minimum: integer() }),
          prices: required(listOf(text)),
          product: required(text),
        }),
      ),
    ),
    proration_behavior: proration,
    schedule_at_period_end: notHere,
    trial_update_behavior: oneOf("continue_trial", "end_trial"),
  }),
};

/** A portal configuration's `features`: kept and answered in full; the portal page offers cancelling and resuming. */
export const featuresParam = hash(shape);
export type FeatureParams = Read<typeof shape>;

export const noFeatures: Features = {
  customer_update: { allowed_updates: [], enabled: false },
  invoice_history: { enabled: false },
  payment_method_update: { enabled: false, payment_method_configuration: null },
  subscription_cancel: {
    cancellation_reason: {
      enabled: false,
      feedback_options: null,
      options: ["too_expensive", "missing_features", "switched_service", "unused", "other"],
    },
    enabled: false,
    mode: "at_period_end",
    proration_behavior: "none",
  },
  subscription_pause: { duration: { interval_options: [], type: "indefinite" }, enabled: false },
  subscription_update: {
    billing_cycle_anchor: null,
    default_allowed_updates: [],
    enabled: false,
    products: null,
    proration_behavior: "none",
    schedule_at_period_end: { conditions: [] },
    trial_update_behavior: "end_trial",
  },
};

export function readFeatures(before: Features, given: FeatureParams | undefined): Features {
  const { customer_update, invoice_history, payment_method_update, subscription_cancel, subscription_update } =
    given ?? {};
  const reason = before.subscription_cancel.cancellation_reason;
  return {
    ...before,
    customer_update: {
      allowed_updates: customer_update?.allowed_updates ?? before.customer_update.allowed_updates,
      enabled: customer_update?.enabled ?? before.customer_update.enabled,
    },
    invoice_history: { enabled: invoice_history?.enabled ?? before.invoice_history.enabled },
    payment_method_update: {
      ...before.payment_method_update,
      enabled: payment_method_update?.enabled ?? before.payment_method_update.enabled,
    },
    subscription_cancel: {
      cancellation_reason: {
        ...reason,
        enabled: subscription_cancel?.cancellation_reason?.enabled ?? reason.enabled,
        options: subscription_cancel?.cancellation_reason?.options ?? reason.options,
      },
      enabled: subscription_cancel?.enabled ?? before.subscription_cancel.enabled,
      mode: subscription_cancel?.mode ?? before.subscription_cancel.mode,
      proration_behavior: subscription_cancel?.proration_behavior ?? before.subscription_cancel.proration_behavior,
    },
    subscription_update: subscription_update
      ? readUpdate(before.subscription_update, subscription_update)
      : before.subscription_update,
  };
}

function readUpdate(
  before: Features["subscription_update"],
  given: NonNullable<FeatureParams["subscription_update"]>,
): Features["subscription_update"] {
  const products = given.products?.map(({ adjustable_quantity, prices, product }) => ({
    adjustable_quantity: {
      enabled: adjustable_quantity?.enabled ?? false,
      maximum: adjustable_quantity?.maximum ?? null,
      minimum: adjustable_quantity?.minimum ?? 1,
    },
    prices,
    product,
  }));
  return {
    ...before,
    billing_cycle_anchor: given.billing_cycle_anchor ?? before.billing_cycle_anchor,
    default_allowed_updates: given.default_allowed_updates ?? before.default_allowed_updates,
    enabled: given.enabled ?? before.enabled,
    products: products ?? before.products ?? null,
    proration_behavior: given.proration_behavior ?? before.proration_behavior,
    trial_update_behavior: given.trial_update_behavior ?? before.trial_update_behavior,
  };
}
