import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { endSubscription } from "./end-subscription.js";
import { finishSchedule } from "./finish-schedule.js";
import { fullPrice } from "./line-drafts.js";
import { intervalOf, isSameInterval } from "./periods.js";
import type { SubscriptionChange } from "./plan-update.js";
import { idOf } from "./price-amounts.js";
import { buildItem, currentPeriodEnd, withPrice } from "./subscription.js";
import { announceUpdate, updateItems } from "./update-subscription.js";

/** The phase after the one that a schedule is in; the first while it has not begun. */
export function nextPhase(schedule: Stripe.SubscriptionSchedule): Stripe.SubscriptionSchedule.Phase | undefined {
  const { current_phase, phases } = schedule;
  return phases.find(({ start_date }) => current_phase === null || start_date >= current_phase.end_date);
}

/** The subscription as its next period finds it: in the phase that begins with that, if one does. */
export function inPhaseOfRenewal(world: World, subscription: Stripe.Subscription): Stripe.Subscription {
  const schedule = subscription.schedule && world.tables.subscription_schedule.find(idOf(subscription.schedule));
  const phase = schedule ? nextPhase(schedule) : undefined;
  const end = currentPeriodEnd(subscription);
  if (!phase || phase.start_date !== end) return subscription;
  const { items, startsPeriodNow } = changeTo(world, subscription, phase);
  const billing_cycle_anchor = startsPeriodNow ? end : subscription.billing_cycle_anchor;
  return { ...subscription, billing_cycle_anchor, items: { ...subscription.items, data: items } };
}

/** Ends the phase a schedule is in: the next begins, or the schedule is over and does as it was told. */
export function endPhase(world: World, schedule: Stripe.SubscriptionSchedule): void {
  const id = schedule.subscription;
  const subscription = id === null ? undefined : world.tables.subscription.find(idOf(id));
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
    finishSchedule(world, schedule, "completed");
    endSubscription(world, subscription, subscription.cancellation_details);
    return;
  }
  detach(world, schedule);
  finishSchedule(world, schedule, "completed");
}

/** The subscription goes on without its schedule. */
export function releaseSchedule(world: World, schedule: Stripe.SubscriptionSchedule): Stripe.SubscriptionSchedule {
  detach(world, schedule);
  return finishSchedule(world, schedule, "released");
}

function detach(world: World, { subscription: reference }: Stripe.SubscriptionSchedule): void {
  const before = reference === null ? undefined : world.tables.subscription.find(idOf(reference));
  if (!before) return;
  world.tables.subscription.put({ ...before, schedule: null });
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
  updateItems(world, subscription, changeTo(world, subscription, phase), "allow_incomplete");
  announceUpdate(world, subscription.id, subscription);
}

/** What a phase makes of the subscription's items: those of the same price, or the only one, go on. */
function changeTo(
  world: World,
  subscription: Stripe.Subscription,
  phase: Stripe.SubscriptionSchedule.Phase,
): SubscriptionChange {
  const { currency, items } = subscription;
  const start = Math.min(...items.data.map((item) => item.current_period_start));
  const wanted = phase.items.flatMap(({ price: reference, quantity }) => {
    const price = world.tables.price.find(idOf(reference));
    if (!price) return [];
    const only = phase.items.length === 1 && items.data.length === 1 ? items.data[0] : undefined;
    const kept = items.data.find((item) => item.price.id === price.id) ?? only;
    if (kept) return [{ ...withPrice(kept, fullPrice(world, price), currency), quantity: quantity ?? 1 }];
    const of = { subscription: subscription.id, currency, start, end: currentPeriodEnd(subscription) };
    return [buildItem({ price, quantity: quantity ?? 1 }, of)];
  });
  const [was, is] = [items.data[0], wanted[0]];
  const isOtherInterval = was && is && !isSameInterval(intervalOf(was.price), intervalOf(is.price));
  return {
    items: wanted,
    prorationBehavior: behaviorOf(phase.proration_behavior),
    prorationDate: nowInSeconds(world),
    startsPeriodNow: isOtherInterval === true || phase.billing_cycle_anchor === "phase_start",
    trialEnd: null,
  };
}

function behaviorOf(given: string): SubscriptionChange["prorationBehavior"] {
  return given === "none" || given === "always_invoice" ? given : "create_prorations";
}
