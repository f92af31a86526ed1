import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { beginSchedule } from "../billing/begin-schedule.js";
import { intervalOf } from "../billing/periods.js";
import { idOf } from "../billing/price-amounts.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { addIntervals } from "../calendar.js";
import { newId } from "../ids.js";
import { testClockOf } from "../time/test-clock-of.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { getCustomer } from "./customers.js";
import { getSubscription } from "./get-subscription.js";
import { getPrice } from "./prices.js";
import type { createParams, PhaseParams } from "./subscription-schedules.js";

/** A schedule for a subscription that runs, or one that begins a subscription, now or later. */
export function createSchedule(world: World, params: Read<typeof createParams>): Stripe.SubscriptionSchedule {
  const schedule = params.from_subscription === undefined ? newSchedule(world, params) : scheduleFrom(world, params);
  recordEvent(world, "subscription_schedule.created", schedule);
  return schedule;
}

/** Its first phase is what the subscription is now, until its period ends. */
function scheduleFrom(world: World, params: Read<typeof createParams>): Stripe.SubscriptionSchedule {
  if (params.phases)
    throw invalidRequest("You cannot set `phases` if `from_subscription` is set.", { param: "phases" });
  const subscription = getSubscription(world, params.from_subscription ?? "", "from_subscription");
  if (subscription.ended_at !== null || subscription.status === "incomplete") {
    throw invalidRequest(`A subscription that is ${subscription.status} cannot have a schedule.`);
  }
  if (subscription.schedule !== null) {
    throw invalidRequest(`The subscription is already attached to a schedule: ${idOf(subscription.schedule)}`);
  }
  const start_date = Math.min(...subscription.items.data.map((item) => item.current_period_start));
  const end_date = currentPeriodEnd(subscription);
  const items = subscription.items.data.map(({ price, quantity }) => ({ price: price.id, quantity: quantity ?? 1 }));
  const { currency } = subscription;
  const phase = { start_date, end_date, currency, items, prorationBehavior: "create_prorations" };
  const schedule = world.tables.subscription_schedule.put({
    ...buildSchedule(world, idOf(subscription.customer), [buildPhase(phase)], params),
    current_phase: { start_date, end_date },
    status: "active",
    subscription: subscription.id,
  });
  const after = world.tables.subscription.put({ ...subscription, schedule: schedule.id });
  recordEvent(world, "customer.subscription.updated", after, subscription);
  return schedule;
}

/** One that starts now, or has started before, is begun at once; another waits. */
function newSchedule(world: World, params: Read<typeof createParams>): Stripe.SubscriptionSchedule {
  const { customer: owner, phases, start_date } = params;
  if (owner === undefined || !phases) {
    throw invalidRequest("You must pass either `from_subscription`, or `customer` and `phases`.", {
      param: "customer",
    });
  }
  const customer = getCustomer(world, owner, "customer");
  const now = nowInSeconds(world);
  const start = typeof start_date === "number" ? start_date : now;
  if (start < now) {
    throw invalidRequest(
      "The sandbox does not support schedules that start in the past. Stripe does; see sandbox/README.md.",
      {
        param: "start_date",
      },
    );
  }
  const built = buildSchedule(world, customer.id, phasesFrom(world, phases, start), params);
  const schedule = world.tables.subscription_schedule.put(built);
  return start > now ? schedule : beginSchedule(world, schedule);
}

function buildSchedule(
  world: World,
  customer: string,
  phases: Stripe.SubscriptionSchedule.Phase[],
  params: Read<typeof createParams>,
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
    default_settings: {
      application_fee_percent: null,
      automatic_tax: { disabled_reason: null, enabled: false, liability: null },
      billing_cycle_anchor: "automatic",
      billing_thresholds: null,
      collection_method: "charge_automatically",
      default_payment_method: null,
      description: null,
      invoice_settings: {
        account_tax_ids: null,
        custom_fields: null,
        days_until_due: null,
        description: null,
        footer: null,
        issuer: { type: "self" },
      },
      on_behalf_of: null,
      transfer_data: null,
    },
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

/** Phases one after another; each says how long it is, or when it ends. */
export function phasesFrom(
  world: World,
  given: PhaseParams[],
  start: number | null,
): Stripe.SubscriptionSchedule.Phase[] {
  let from = start ?? nowInSeconds(world);
  return given.map((phase, index) => {
    const at = `phases[${index}]`;
    const prices = phase.items.map(({ price, plan }) => getPrice(world, price ?? plan ?? "", `${at}[items][0][price]`));
    const [first] = prices;
    if (!first) throw invalidRequest("A phase must have at least one item.", { param: `${at}[items]` });
    if (phase.start_date !== undefined && phase.start_date !== from) {
      throw invalidRequest("A phase must start when the one before ends.", { param: `${at}[start_date]` });
    }
    const { duration, end_date } = phase;
    const length = duration ? { ...duration, interval_count: duration.interval_count ?? 1 } : intervalOf(first);
    const end = end_date ?? addIntervals(from, length);
    if (end <= from) throw invalidRequest("A phase must end after it starts.", { param: `${at}[end_date]` });
    const built = buildPhase({
      start_date: from,
      end_date: end,
      currency: phase.currency ?? first.currency,
      items: phase.items.map(({ price, plan, quantity }) => ({ price: price ?? plan ?? "", quantity: quantity ?? 1 })),
      prorationBehavior: phase.proration_behavior ?? "create_prorations",
      anchor: phase.billing_cycle_anchor ?? null,
      metadata: mergeMetadata({}, phase.metadata),
    });
    from = end;
    return built;
  });
}

function buildPhase(phase: {
  start_date: number;
  end_date: number;
  currency: string;
  items: { price: string; quantity: number }[];
  prorationBehavior: Stripe.SubscriptionSchedule.Phase.ProrationBehavior;
  anchor?: Stripe.SubscriptionSchedule.Phase.BillingCycleAnchor | null;
  metadata?: Record<string, string>;
}): Stripe.SubscriptionSchedule.Phase {
  return {
    add_invoice_items: [],
    application_fee_percent: null,
    billing_cycle_anchor: phase.anchor ?? null,
    billing_thresholds: null,
    collection_method: null,
    currency: phase.currency,
    default_payment_method: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    end_date: phase.end_date,
    invoice_settings: null,
    items: phase.items.map(({ price, quantity }) => ({
      billing_thresholds: null,
      discounts: [],
      metadata: {},
      plan: price,
      price,
      quantity,
      tax_rates: [],
    })),
    metadata: phase.metadata ?? {},
    on_behalf_of: null,
    proration_behavior: phase.prorationBehavior,
    start_date: phase.start_date,
    transfer_data: null,
    trial_end: null,
  };
}
