import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import { clearable, hash, notHere, oneOf, type Read, text } from "../api/params.js";
import { endSubscription } from "../billing/end-subscription.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { getSubscription } from "./get-subscription.js";
import { getPaymentMethod } from "./payment-methods.js";
import type { cancelParams, updateParams } from "./subscriptions.js";

const feedback = oneOf(
  "customer_service",
  "low_quality",
  "missing_features",
  "other",
  "switched_service",
  "too_complex",
  "too_expensive",
  "unused",
);

export const cancellationDetails = hash({
  comment: clearable(text),
  feedback: clearable(feedback),
  feedback_option: notHere,
});

type Details = ReturnType<typeof cancellationDetails>;

export function updateSubscription(world: World, params: Read<typeof updateParams>, id: string): Stripe.Subscription {
  const before = getSubscription(world, id);
  refuseChangesAfterTheEnd(before, params);
  const described = {
    ...before,
    cancellation_details: describedBy(before.cancellation_details, params.cancellation_details),
  };
  const changed: Stripe.Subscription = {
    ...applyCancelAt(world, described, params),
    default_payment_method: methodOf(world, before, params.default_payment_method),
    description: params.description === undefined ? before.description : params.description,
    metadata: mergeMetadata(before.metadata, params.metadata),
  };
  const after = world.tables.subscription.put(changed);
  recordEvent(world, "customer.subscription.updated", after, before);
  return after;
}

/** The card that was given; none when it was taken away, so that the customer's own is charged. */
function methodOf(world: World, before: Stripe.Subscription, given: string | null | undefined) {
  if (given === undefined) return before.default_payment_method;
  return given === null ? null : getPaymentMethod(world, given, "default_payment_method").id;
}

/** Cancels now. */
export function cancelSubscription(world: World, params: Read<typeof cancelParams>, id: string): Stripe.Subscription {
  const subscription = getSubscription(world, id);
  // Stripe no longer finds what has ended.
  if (subscription.ended_at !== null) throw noSuch("subscription", id);
  const details = describedBy(subscription.cancellation_details, params.cancellation_details);
  return endSubscription(world, subscription, { ...details, reason: "cancellation_requested" });
}

/** Sets or takes back the end: at the period's end, at an instant, or not at all. */
export function applyCancelAt(
  world: World,
  subscription: Stripe.Subscription,
  params: { cancel_at_period_end?: boolean | undefined; cancel_at?: number | null | undefined },
): Stripe.Subscription {
  const { cancel_at_period_end, cancel_at } = params;
  if (cancel_at_period_end && typeof cancel_at === "number") {
    throw invalidRequest("You cannot set both `cancel_at` and `cancel_at_period_end`.", { param: "cancel_at" });
  }
  if (typeof cancel_at === "number" && cancel_at <= nowInSeconds(world)) {
    throw invalidRequest("The `cancel_at` timestamp must be in the future.", { param: "cancel_at" });
  }
  const end = cancel_at_period_end ? currentPeriodEnd(subscription) : cancel_at;
  if (typeof end === "number") {
    const details = describedBy(subscription.cancellation_details, undefined);
    return {
      ...subscription,
      cancel_at: end,
      cancel_at_period_end: cancel_at_period_end ?? false,
      canceled_at: nowInSeconds(world),
      cancellation_details: { ...details, reason: "cancellation_requested" },
    };
  }
  const isTakenBack = cancel_at_period_end === false || end === null;
  if (!isTakenBack || subscription.cancel_at === null) return subscription;
  const nothing = { comment: null, feedback: null, feedback_option: null, reason: null };
  return {
    ...subscription,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: nothing,
  };
}

function describedBy(
  current: Stripe.Subscription["cancellation_details"],
  given: Details,
): Stripe.Subscription.CancellationDetails {
  const details = current ?? { comment: null, feedback: null, feedback_option: null, reason: null };
  return {
    ...details,
    comment: given?.comment === undefined ? details.comment : given.comment,
    feedback: given?.feedback === undefined ? details.feedback : given.feedback,
  };
}

function refuseChangesAfterTheEnd(subscription: Stripe.Subscription, params: Read<typeof updateParams>): void {
  if (subscription.ended_at === null) return;
  const { metadata, cancellation_details, ...others } = params;
  if (Object.values(others).every((value) => value === undefined)) return;
  throw invalidRequest("A canceled subscription can only update its cancellation_details and metadata.");
}
