import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";

/** Payments are collected again; what was left a draft stays one. https://docs.stripe.com/billing/subscriptions/pause-payment */
export function resumeCollection(world: World, before: Stripe.Subscription): void {
  const after = world.tables.subscription.put({ ...before, pause_collection: null });
  recordEvent(world, "customer.subscription.updated", after, before);
}
