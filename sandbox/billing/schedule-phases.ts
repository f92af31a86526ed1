import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { endSubscription } from "./end-subscription.js";
import { enterPhase } from "./enter-phase.js";
import { finishSchedule } from "./finish-schedule.js";
import { idOf } from "./price-amounts.js";
import { announceUpdate } from "./update-subscription.js";

/** Ends the phase a schedule is in: the next begins, or the schedule is over and does as it was told. */
export function endPhase(world: World, schedule: Stripe.SubscriptionSchedule): void {
  const subscription = subscriptionIn(world, schedule);
  const phase = nextPhase(schedule);
  if (!subscription || subscription.ended_at !== null) {
    finishSchedule(world, schedule, "canceled");
    return;
  }
  if (phase) {
    beginPhase(world, schedule, subscription, phase);
    return;
  }
  if (schedule.end_behavior === "cancel") {
    endSubscription(world, subscription, subscription.cancellation_details);
    return;
  }
  detach(world, subscription);
  finishSchedule(world, schedule, "completed");
}

/** The subscription goes on without its schedule, and with no end unless the schedule's is to be kept. */
export function releaseSchedule(
  world: World,
  schedule: Stripe.SubscriptionSchedule,
  { keepsCancelDate }: { keepsCancelDate: boolean },
): Stripe.SubscriptionSchedule {
  const subscription = subscriptionIn(world, schedule);
  if (subscription) detach(world, keepsCancelDate ? subscription : endless(subscription), subscription);
  return finishSchedule(world, schedule, "released");
}

/** The subscription as its schedule's end leaves it: told to end with the last phase, or not to end. */
export function withScheduledEnd(
  world: World,
  subscription: Stripe.Subscription,
  { end_behavior, phases }: Stripe.SubscriptionSchedule,
): Stripe.Subscription {
  const end = phases.at(-1)?.end_date;
  if (end_behavior !== "cancel" || end === undefined) return endless(subscription);
  if (subscription.cancel_at === end) return subscription;
  return { ...subscription, cancel_at: end, cancel_at_period_end: false, canceled_at: nowInSeconds(world) };
}

/** The subscription that a schedule runs; undefined while there is none. */
export function subscriptionIn(
  world: World,
  { subscription }: Stripe.SubscriptionSchedule,
): Stripe.Subscription | undefined {
  return subscription === null ? undefined : world.tables.subscription.find(idOf(subscription));
}

function nextPhase({
  current_phase,
  phases,
}: Stripe.SubscriptionSchedule): Stripe.SubscriptionSchedule.Phase | undefined {
  return phases.find(({ start_date }) => current_phase === null || start_date >= current_phase.end_date);
}

function endless(subscription: Stripe.Subscription): Stripe.Subscription {
  if (subscription.cancel_at === null) return subscription;
  return { ...subscription, cancel_at: null, cancel_at_period_end: false, canceled_at: null };
}

function detach(world: World, subscription: Stripe.Subscription, before = subscription): void {
  world.tables.subscription.put({ ...subscription, schedule: null });
  announceUpdate(world, before.id, before);
}

function beginPhase(
  world: World,
  schedule: Stripe.SubscriptionSchedule,
  subscription: Stripe.Subscription,
  phase: Stripe.SubscriptionSchedule.Phase,
): void {
  const { start_date, end_date } = phase;
  const after = world.tables.subscription_schedule.put({ ...schedule, current_phase: { start_date, end_date } });
  recordEvent(world, "subscription_schedule.updated", after, schedule);
  enterPhase(world, subscription, {
    phase,
    settings: schedule.default_settings,
    was: null,
    prorationBehavior: phase.proration_behavior,
  });
}
