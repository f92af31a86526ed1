import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { idOf } from "./price-amounts.js";

/** It is over, and says how. */
export function finishSchedule(
  world: World,
  schedule: Stripe.SubscriptionSchedule,
  status: "canceled" | "completed" | "released",
): Stripe.SubscriptionSchedule {
  const now = nowInSeconds(world);
  const isReleased = status === "released";
  const after = world.tables.subscription_schedule.put({
    ...schedule,
    canceled_at: status === "canceled" ? now : null,
    completed_at: status === "completed" ? now : null,
    current_phase: null,
    released_at: isReleased ? now : null,
    released_subscription: isReleased && schedule.subscription ? idOf(schedule.subscription) : null,
    status,
    subscription: isReleased ? null : schedule.subscription,
  });
  const type = `subscription_schedule.${status}` as const;
  recordEvent(world, type, after, schedule);
  return after;
}

/**
 * Ends a schedule that never came to what it was for: its subscription was not paid, or never began.
 *
 * Stripe documents the first, and its command line brings the event about by the second. The schedule is `canceled` in
 * both, and says that too: https://docs.stripe.com/api/events/types#event_types-subscription_schedule.aborted
 */
export function abortSchedule(world: World, schedule: Stripe.SubscriptionSchedule): Stripe.SubscriptionSchedule {
  const after = finishSchedule(world, schedule, "canceled");
  recordEvent(world, "subscription_schedule.aborted", after);
  return after;
}
