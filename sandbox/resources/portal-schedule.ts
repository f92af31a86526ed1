import type Stripe from "stripe";
import { readParams } from "../api/params.js";
import { intervalOf } from "../billing/periods.js";
import { amountFor, idOf } from "../billing/price-amounts.js";
import { scheduleOf } from "../billing/schedule-of.js";
import { releaseSchedule } from "../billing/schedule-phases.js";
import { memoryOf, remember } from "../billing/subscription-memory.js";
import { addIntervals } from "../calendar.js";
import { nowInSeconds, type World } from "../world.js";
import { createSchedule } from "./schedule-creation.js";
import { updateParams } from "./schedule-params.js";
import { updateSchedule } from "./schedule-update.js";

type Conditions = Stripe.BillingPortal.Configuration.Features.SubscriptionUpdate.ScheduleAtPeriodEnd["conditions"];

interface Wanted {
  price: Stripe.Price;
  quantity: number;
  /** null: those there are. */
  discounts: Record<string, string>[] | null;
}

/** Whether a change waits for the period's end: it costs less each time, or is paid for more often. */
export function waitsForPeriodEnd(
  world: World,
  conditions: Conditions,
  { price: current, quantity: count }: Stripe.SubscriptionItem,
  { price, quantity }: Pick<Wanted, "price" | "quantity">,
  currency: string,
): boolean {
  const was = world.tables.price.find(current.id) ?? current;
  const now = nowInSeconds(world);
  const isLess = amountFor(price, currency, quantity) < amountFor(was, currency, count ?? 1);
  const isShorter = addIntervals(now, intervalOf(price)) < addIntervals(now, intervalOf(was));
  return conditions.some(({ type }) => (type === "decreasing_item_amount" ? isLess : isShorter));
}

/** The schedule of a change that was chosen in the portal and still waits; others' schedules are not its to change. */
export function portalScheduleOf(
  world: World,
  subscription: Stripe.Subscription,
): Stripe.SubscriptionSchedule | undefined {
  const schedule = scheduleOf(world, subscription);
  return schedule?.id === memoryOf(world, subscription.id).portalSchedule ? schedule : undefined;
}

/** What a change that waits will make of the subscription, and when; undefined if none waits. */
export function waitingChange(world: World, subscription: Stripe.Subscription) {
  const schedule = portalScheduleOf(world, subscription);
  const phase = schedule?.phases.find(({ start_date }) => start_date > nowInSeconds(world));
  const [item] = phase?.items ?? [];
  if (!phase || !item) return undefined;
  return { price: idOf(item.price), quantity: item.quantity ?? 1, from: phase.start_date };
}

/** Puts a change on a schedule: what there is until the period ends, then what was chosen. */
export function scheduleChange(world: World, subscription: Stripe.Subscription, wanted: Wanted): void {
  const schedule = createSchedule(world, { from_subscription: subscription.id });
  remember(world, subscription.id, { portalSchedule: schedule.id });
  const [current] = schedule.phases;
  if (!current) return;
  const kept = current.discounts.flatMap(({ discount }) => (discount === null ? [] : [{ discount: idOf(discount) }]));
  const phases = [
    {
      start_date: String(current.start_date),
      end_date: String(current.end_date),
      items: current.items.map(({ price, quantity }) => ({ price: idOf(price), quantity: String(quantity ?? 1) })),
      discounts: kept,
      trial: String(current.trial),
    },
    {
      items: [{ price: wanted.price.id, quantity: String(wanted.quantity) }],
      discounts: wanted.discounts ?? kept,
      proration_behavior: "none",
    },
  ];
  updateSchedule(world, readParams(updateParams, { phases, proration_behavior: "none" }), schedule);
}

/** Takes back a change that waits, so that another can be made; answers with the subscription as it is then. */
export function withoutWaitingChange(world: World, subscription: Stripe.Subscription): Stripe.Subscription {
  const schedule = portalScheduleOf(world, subscription);
  if (!schedule) return subscription;
  releaseSchedule(world, schedule, { keepsCancelDate: false });
  return world.tables.subscription.find(subscription.id) ?? subscription;
}

/** Looks at what would be were no change waiting. */
export function asIfNoneWaited<T>(world: World, subscription: Stripe.Subscription, look: () => T): T {
  if (!portalScheduleOf(world, subscription)) return look();
  world.tables.subscription.put({ ...subscription, schedule: null });
  try {
    return look();
  } finally {
    world.tables.subscription.put(subscription);
  }
}
