import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { beginSchedule } from "../billing/begin-schedule.js";
import { refuseOtherCurrency } from "../billing/customer-currency.js";
import { idOf } from "../billing/price-amounts.js";
import { withScheduledEnd } from "../billing/schedule-phases.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { newId } from "../ids.js";
import { testClockOf } from "../time/test-clock-of.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { getCustomer } from "./customers.js";
import { getSubscription } from "./get-subscription.js";
import type { createParams, PhaseParams } from "./schedule-params.js";
import { blankPhase, instantOf, phaseItem, phasesFrom } from "./schedule-phases.js";
import { blankSettings, changedSettings } from "./schedule-settings.js";

/** A preview may say of a phase what only a schedule that exists is told. */
type CreateParams = Partial<Omit<Read<typeof createParams>, "phases">> & { phases?: PhaseParams[] | undefined };

/** A schedule for a subscription that runs, or one that begins a subscription, now or later. */
export function createSchedule(world: World, params: CreateParams): Stripe.SubscriptionSchedule {
  const schedule = params.from_subscription === undefined ? newSchedule(world, params) : scheduleFrom(world, params);
  recordEvent(world, "subscription_schedule.created", schedule);
  return schedule;
}

/** Its first phase is what the subscription is now, until its period ends. */
function scheduleFrom(world: World, params: CreateParams): Stripe.SubscriptionSchedule {
  if (params.phases)
    throw invalidRequest("You cannot set `phases` if `from_subscription` is set.", { param: "phases" });
  const subscription = getSubscription(world, params.from_subscription ?? "", "from_subscription");
  if (subscription.ended_at !== null || ["incomplete", "paused"].includes(subscription.status)) {
    throw invalidRequest(`A subscription that is ${subscription.status} cannot have a schedule.`);
  }
  if (subscription.schedule !== null) {
    throw invalidRequest(`The subscription is already attached to a schedule: ${idOf(subscription.schedule)}`);
  }
  const phase = phaseOf(subscription);
  const { start_date, end_date } = phase;
  // One that is to end goes on to be.
  const end_behavior = params.end_behavior ?? (subscription.cancel_at === null ? "release" : "cancel");
  const schedule = world.tables.subscription_schedule.put({
    ...buildSchedule(world, idOf(subscription.customer), [phase], { ...params, end_behavior }),
    current_phase: { start_date, end_date },
    status: "active",
    subscription: subscription.id,
  });
  const after = world.tables.subscription.put({
    ...withScheduledEnd(world, subscription, schedule),
    schedule: schedule.id,
  });
  recordEvent(world, "customer.subscription.updated", after, subscription);
  return schedule;
}

function phaseOf(subscription: Stripe.Subscription): Stripe.SubscriptionSchedule.Phase {
  const { cancel_at, currency, items, status, trial_end } = subscription;
  const end_date = cancel_at ?? currentPeriodEnd(subscription);
  const isTrial = status === "trialing" && trial_end !== null && trial_end <= end_date;
  return {
    ...blankPhase,
    currency,
    discounts: subscription.discounts.map((discount) => ({
      coupon: null,
      discount: idOf(discount),
      promotion_code: null,
    })),
    end_date,
    items: items.data.map(({ price, quantity }) => phaseItem(price, quantity)),
    start_date: Math.min(...items.data.map((item) => item.current_period_start)),
    trial: isTrial && trial_end === end_date,
    trial_end: isTrial ? trial_end : null,
  };
}

/** One that starts now is begun at once; another waits. */
function newSchedule(world: World, params: CreateParams): Stripe.SubscriptionSchedule {
  const { customer: owner, phases, start_date } = params;
  if (owner === undefined || !phases) {
    throw invalidRequest("You must pass either `from_subscription`, or `customer` and `phases`.", {
      param: "customer",
    });
  }
  const customer = getCustomer(world, owner, "customer");
  const now = nowInSeconds(world);
  const start = instantOf(world, start_date) ?? now;
  refusePastStart(world, start, "start_date");
  const anchor = params.default_settings?.billing_cycle_anchor === "phase_start" ? "phase_start" : null;
  const of = { customer: customer.id, currency: null, start, anchor, redeemed: [] } as const;
  const built = buildSchedule(world, customer.id, phasesFrom(world, phases, of), params);
  for (const { currency } of built.phases) refuseOtherCurrency(world, customer, currency);
  const schedule = world.tables.subscription_schedule.put(built);
  return start > now ? schedule : beginSchedule(world, schedule);
}

/** Stripe begins schedules in the past, and bills for it. */
export function refusePastStart(world: World, start: number, param: string): void {
  if (start >= nowInSeconds(world)) return;
  throw invalidRequest(
    "The sandbox does not support schedules that start in the past. Stripe does; see sandbox/README.md.",
    { param },
  );
}

function buildSchedule(
  world: World,
  customer: string,
  phases: Stripe.SubscriptionSchedule.Phase[],
  params: CreateParams,
): Stripe.SubscriptionSchedule {
  return {
    id: newId.subscriptionSchedule(),
    object: "subscription_schedule",
    application: null,
    billing_mode: {
      flexible: { proration_discounts: "included" },
      type: "flexible",
      updated_at: nowInSeconds(world),
    },
    canceled_at: null,
    completed_at: null,
    created: nowInSeconds(world),
    current_phase: null,
    customer,
    customer_account: null,
    default_settings: changedSettings(world, blankSettings, params.default_settings, customer),
    end_behavior: params.end_behavior ?? "release",
    livemode: false,
    metadata: mergeMetadata({}, params.metadata),
    pause_schedules: [],
    phases,
    released_at: null,
    released_subscription: null,
    status: "not_started",
    subscription: null,
    test_clock: testClockOf(world, { customer }),
  };
}
