import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { type Covers, hash, notHere, oneOf, required, text } from "../api/params.js";
import { idOf } from "../billing/price-amounts.js";
import type { World } from "../world.js";

type Flow = Stripe.BillingPortal.Session.Flow;
type AfterCompletion = Stripe.BillingPortal.Session.Flow.AfterCompletion;
type Cancellation = Stripe.BillingPortal.Session.Flow.SubscriptionCancel;

const afterCompletion = hash({
  hosted_confirmation: hash({ custom_message: text }),
  redirect: hash({ return_url: required(text) }),
  type: required(oneOf("hosted_confirmation", "portal_homepage", "redirect")),
} satisfies Covers<Stripe.BillingPortal.SessionCreateParams.FlowData.AfterCompletion>);

/** A deep link into the portal: https://docs.stripe.com/customer-management/portal-deep-links */
export const flowData = hash({
  after_completion: afterCompletion,
  subscription_cancel: hash({ retention: notHere, subscription: required(text) }),
  subscription_pause: notHere,
  subscription_update: notHere,
  subscription_update_confirm: notHere,
  type: required(oneOf("payment_method_update", "subscription_cancel")),
} satisfies Covers<Stripe.BillingPortal.SessionCreateParams.FlowData>);

type FlowData = NonNullable<ReturnType<typeof flowData>>;

/** The flow as the session shows it; refuses one that the configuration or the subscription does not allow. */
export function readFlow(
  world: World,
  given: FlowData,
  customer: Stripe.Customer,
  { features }: Stripe.BillingPortal.Configuration,
): Flow {
  const isCancel = given.type === "subscription_cancel";
  const feature = isCancel ? features.subscription_cancel : features.payment_method_update;
  if (!feature.enabled) {
    throw invalidRequest(
      `The flow \`${given.type}\` cannot be used because its feature in the portal configuration is disabled.`,
      { param: "flow_data[type]" },
    );
  }
  return {
    after_completion: completionOf(given.after_completion),
    customer_update: null,
    subscription_cancel: isCancel ? cancelOf(world, given.subscription_cancel?.subscription ?? "", customer) : null,
    subscription_pause: null,
    subscription_update: null,
    subscription_update_confirm: null,
    type: given.type,
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

const cancelParam = "flow_data[subscription_cancel][subscription]";

function cancelOf(world: World, id: string, customer: Stripe.Customer): Cancellation {
  const subscription = world.tables.subscription.find(id);
  if (!subscription || idOf(subscription.customer) !== customer.id) throw noSuch("subscription", id, cancelParam);
  if (subscription.ended_at !== null || subscription.cancel_at !== null) {
    const state = subscription.ended_at === null ? "is already set to be canceled" : "has been canceled";
    throw invalidRequest(`This subscription cannot be canceled because it ${state}.`, { param: cancelParam });
  }
  return { retention: null, subscription: id };
}
