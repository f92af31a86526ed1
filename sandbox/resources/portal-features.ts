import type Stripe from "stripe";
import { invalidRequest, unsupportedParameter } from "../api/errors.js";
import { bool, clearable, hash, listOf, notHere, oneOf, only, type Read, required } from "../api/params.js";
import type { World } from "../world.js";
import { proration, readUpdateFeature, updateFeatureParam } from "./portal-update-feature.js";

type Features = Stripe.BillingPortal.Configuration.Features;

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
  subscription_pause: hash({
    duration: hash({ interval_options: notHere, type: required(only("indefinite")) }),
    enabled: bool,
  }),
  subscription_update: updateFeatureParam,
};

/** A portal configuration's `features`: kept and answered in full; the portal page offers what is enabled. */
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

/** The features as they are after a change; refuses what does not go together. */
export function readFeatures(world: World, before: Features, given: FeatureParams | undefined): Features {
  const { customer_update, invoice_history, payment_method_update, subscription_update } = given ?? {};
  const allowed = customer_update?.allowed_updates;
  const canUpdateCard = payment_method_update?.enabled ?? before.payment_method_update.enabled;
  if (!canUpdateCard && (subscription_update?.enabled ?? before.subscription_update.enabled)) {
    // https://github.com/nextjs/saas-starter/issues/68
    throw invalidRequest("Cannot enable subscription updates while payment method update is disabled.");
  }
  return {
    customer_update: {
      allowed_updates: allowed === undefined ? before.customer_update.allowed_updates : (allowed ?? []),
      enabled: customer_update?.enabled ?? before.customer_update.enabled,
    },
    invoice_history: { enabled: invoice_history?.enabled ?? before.invoice_history.enabled },
    payment_method_update: {
      ...before.payment_method_update,
      enabled: canUpdateCard,
    },
    subscription_cancel: readCancel(before.subscription_cancel, given?.subscription_cancel),
    subscription_pause: readPause(before.subscription_pause, given?.subscription_pause),
    subscription_update: subscription_update
      ? readUpdateFeature(world, before.subscription_update, subscription_update)
      : before.subscription_update,
  };
}

/** Without a duration Stripe offers a month, after which the subscription goes on by itself. */
function readPause(
  before: Features["subscription_pause"],
  given: FeatureParams["subscription_pause"],
): Features["subscription_pause"] {
  const enabled = given?.enabled ?? before.enabled;
  if (enabled && !before.enabled && !given?.duration) {
    throw unsupportedParameter("features[subscription_pause][duration]", ", other than with the type indefinite");
  }
  return { ...before, enabled };
}

/** https://docs.stripe.com/api/customer_portal/configurations/create: what is not used is given back only at once. */
function readCancel(
  before: Features["subscription_cancel"],
  given: FeatureParams["subscription_cancel"],
): Features["subscription_cancel"] {
  const reason = before.cancellation_reason;
  const mode = given?.mode ?? before.mode;
  const proration_behavior = given?.proration_behavior ?? before.proration_behavior;
  const param = "features[subscription_cancel][proration_behavior]";
  if (proration_behavior === "always_invoice") {
    throw invalidRequest("`always_invoice` cannot be used when canceling subscriptions in the portal.", { param });
  }
  if (proration_behavior === "create_prorations" && mode !== "immediately") {
    throw invalidRequest("`create_prorations` can only be used when `mode` is `immediately`.", { param });
  }
  return {
    cancellation_reason: {
      ...reason,
      enabled: given?.cancellation_reason?.enabled ?? reason.enabled,
      options: given?.cancellation_reason?.options ?? reason.options,
    },
    enabled: given?.enabled ?? before.enabled,
    mode,
    proration_behavior,
  };
}
