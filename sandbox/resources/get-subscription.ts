import type Stripe from "stripe";
import { noSuch } from "../api/errors.js";
import type { World } from "../world.js";

export function getSubscription(world: World, id: string, param = "id"): Stripe.Subscription {
  const subscription = world.tables.subscription.find(id);
  if (!subscription) throw noSuch("subscription", id, param);
  return subscription;
}
