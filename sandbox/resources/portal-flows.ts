import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { type Covers, hash, oneOf, required, text } from "../api/params.js";
import type { World } from "../world.js";
import { readSubscriptionFlow, subscriptionFlows } from "./portal-flow-subscriptions.js";
import { offersDetails } from "./portal-offers.js";

type Flow = Stripe.BillingPortal.Session.Flow;
type AfterCompletion = Stripe.BillingPortal.Session.Flow.AfterCompletion;

const afterCompletion = hash({
  hosted_confirmation: hash({ custom_message: text }),
  redirect: hash({ return_url: required(text) }),
  type: required(oneOf("hosted_confirmation", "portal_homepage", "redirect")),
} satisfies Covers<Stripe.BillingPortal.SessionCreateParams.FlowData.AfterCompletion>);

/** A deep link into the portal: https://docs.stripe.com/customer-management/portal-deep-links */
export const flowData = hash({
  after_completion: afterCompletion,
  ...subscriptionFlows,
  type: required(
    oneOf(
      "customer_update",
      "payment_method_update",
      "subscription_cancel",
      "subscription_pause",
      "subscription_update",
      "subscription_update_confirm",
    ),
  ),
} satisfies Covers<Stripe.BillingPortal.SessionCreateParams.FlowData>);

type FlowData = NonNullable<ReturnType<typeof flowData>>;

const featureOf = {
  customer_update: "customer_update",
  payment_method_update: "payment_method_update",
  subscription_cancel: "subscription_cancel",
  subscription_pause: "subscription_pause",
  subscription_update: "subscription_update",
  subscription_update_confirm: "subscription_update",
} as const satisfies Record<FlowData["type"], keyof Stripe.BillingPortal.Configuration.Features>;

/** The flow as the session shows it; refuses one that the configuration or the subscription does not allow. */
export function readFlow(
  world: World,
  given: FlowData,
  customer: Stripe.Customer,
  configuration: Stripe.BillingPortal.Configuration,
): Flow {
  const { type } = given;
  if (!configuration.features[featureOf[type]].enabled) {
    throw invalidRequest(
      `The flow \`${type}\` cannot be used because its feature in the portal configuration is disabled.`,
      { param: "flow_data[type]" },
    );
  }
  if (type === "customer_update" && !offersDetails(configuration)) {
    throw invalidRequest("The portal configuration allows no customer details to be updated that the page asks for.", {
      param: "flow_data[type]",
    });
  }
  return {
    after_completion: completionOf(given.after_completion),
    customer_update: type === "customer_update" ? {} : null,
    subscription_cancel: null,
    subscription_pause: null,
    subscription_update: null,
    subscription_update_confirm: null,
    ...readSubscriptionFlow({ world, customer, configuration }, type, given),
    type,
  };
}

function completionOf(given: FlowData["after_completion"]): AfterCompletion {
  const { hosted_confirmation, redirect, type } = given ?? { type: "portal_homepage" as const };
  if (type === "redirect" && !redirect) {
    throw invalidRequest("You must pass `return_url` when `type` is `redirect`.", {
      param: "flow_data[after_completion][redirect]",
    });
  }
  return {
    hosted_confirmation: hosted_confirmation ? { custom_message: hosted_confirmation.custom_message ?? null } : null,
    redirect: redirect ?? null,
    type,
  };
}
