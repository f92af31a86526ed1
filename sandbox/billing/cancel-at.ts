import type Stripe from "stripe";
import { nowInSeconds, type World } from "../world.js";
import { currentPeriodEnd } from "./subscription.js";

type Details = Stripe.Subscription.CancellationDetails;

/** A subscription told to end at an instant or with its period, or told not to; what is not said stays. */
export function withCancelAt(
  world: World,
  subscription: Stripe.Subscription,
  {
    cancel_at_period_end,
    cancel_at,
  }: { cancel_at_period_end?: boolean | undefined; cancel_at?: number | null | undefined },
): Stripe.Subscription {
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
  return {
    ...subscription,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: nothingSaid,
  };
}

const nothingSaid: Details = { comment: null, feedback: null, feedback_option: null, reason: null };

/** Why it ends, with what was said about it put in; what was not said stays. */
export function describedBy(
  current: Details | null,
  given: { comment?: string | null | undefined; feedback?: Details["feedback"] | undefined } | undefined,
): Details {
  const details = current ?? nothingSaid;
  return {
    ...details,
    comment: given?.comment === undefined ? details.comment : given.comment,
    feedback: given?.feedback === undefined ? details.feedback : given.feedback,
  };
}
