import type Stripe from "stripe";
import { nowInSeconds, type World } from "../world.js";

/** Paused, and why: nothing is invoiced until it is resumed. https://docs.stripe.com/billing/subscriptions/pause */
export function paused(
  world: World,
  subscription: Stripe.Subscription,
  why: Stripe.Subscription.StatusDetails.Paused.Subscription.Type,
): Stripe.Subscription {
  return {
    ...subscription,
    status: "paused",
    status_details: {
      paused: { subscription: { type: why }, transitioned_at: nowInSeconds(world), type: "subscription" },
    },
  };
}
