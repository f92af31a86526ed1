import { expireIncomplete } from "../billing/end-subscription.js";
import type { World } from "../world.js";
import type { Due } from "./due.js";

const hoursToPay = 23;

/** A first invoice unpaid for 23 hours ends the subscription. https://docs.stripe.com/billing/subscriptions/overview */
export function incompleteExpiries(world: World): Due[] {
  return world.tables.subscription
    .newestFirst()
    .filter((subscription) => subscription.status === "incomplete")
    .map((subscription) => ({
      at: subscription.created + hoursToPay * 3600,
      run: () => expireIncomplete(world, subscription),
    }));
}
