import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import type { World } from "../world.js";
import { idOf } from "./price-amounts.js";

/** The schedule that runs a subscription; undefined if none does. */
export function scheduleOf(
  world: World,
  { schedule }: Pick<Stripe.Subscription, "schedule">,
): Stripe.SubscriptionSchedule | undefined {
  const found = schedule === null ? undefined : world.tables.subscription_schedule.find(idOf(schedule));
  return found?.status === "active" ? found : undefined;
}

/** When a scheduled subscription ends is for its schedule to say. https://github.com/laravel/cashier-stripe/issues/1748 */
export function refuseOwnEnd(world: World, subscription: Stripe.Subscription): void {
  const schedule = scheduleOf(world, subscription);
  if (!schedule) return;
  throw invalidRequest(
    `The subscription is managed by the subscription schedule \`${schedule.id}\`, and updating any cancelation ` +
      "behavior directly is not allowed. Please update the schedule instead.",
  );
}

/** https://docs.stripe.com/changelog/endive/2026-09-30/pause-subscription */
export function refuseOwnPause(world: World, subscription: Stripe.Subscription): void {
  const schedule = scheduleOf(world, subscription);
  if (!schedule) return;
  throw invalidRequest(
    `The subscription is managed by the subscription schedule \`${schedule.id}\` and cannot be paused directly.`,
  );
}
