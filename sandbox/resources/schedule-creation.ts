import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { intervalOf } from "../billing/periods.js";
import { idOf } from "../billing/price-amounts.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { addIntervals } from "../calendar.js";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { getSubscription } from "./get-subscription.js";
import { getPrice } from "./prices.js";
import type { createParams, PhaseParams } from "./subscription-schedules.js";

/** A schedule for a subscription that runs: its first phase is what it is now, until its period ends. */
export function createSchedule(world: World, params: Read<typeof createParams>): Stripe.SubscriptionSchedule {
  const { from_subscription } = params;
  if (from_subscription === undefined) {
    throw invalidRequest(
      "The sandbox makes schedules from running subscriptions only: pass `from_subscription`. Stripe makes others too; " +
        "see sandbox/README.md.",
      { param: "from_subscription" },
    );
  }
  if (params.phases)
    throw invalidRequest("You cannot set `phases` if `from_subscription` is set.", { param: "phases" });
  const subscription = getSubscription(world, from_subscription, "from_subscription");
  if (subscription.ended_at !== null || subscription.status === "incomplete") {
    throw invalidRequest(`A subscription that is ${subscription.status} cannot have a schedule.`);
  }
  if (subscription.schedule !== null) {
    throw invalidRequest(`The subscription is already attached to a schedule: ${idOf(subscription.schedule)}`);
  }
  const schedule = world.tables.subscription_schedule.put(buildSchedule(world, subscription, params));
  const before = subscription;
  const after = world.tables.subscription.put({ ...subscription, schedule: schedule.id });
  recordEvent(world, "subscription_schedule.created", schedule);
  recordEvent(world, "customer.subscription.updated", after, before);
  return schedule;
}

function buildSchedule(
  world: World,
  subscription: Stripe.Subscription,
  params: Read<typeof createParams>,
): Stripe.SubscriptionSchedule {
  const start_date = Math.min(...subscription.items.data.map((item) => item.current_period_start));
  const end_date = currentPeriodEnd(subscription);
  const items = subscription.items.data.map(({ price, quantity }) => ({ price: price.id, quantity: quantity ?? 1 }));
  return {
    id: newId.subscriptionSchedule(),
    object: "subscription_schedule",
    application: null,
    billing_mode: {
      flexible: { proration_discounts: "included" },
      type: "flexible",
      updated_at: subscription.created,
    },
    canceled_at: null,
    completed_at: null,
    created: nowInSeconds(world),
    current_phase: { start_date, end_date },
    customer: idOf(subscription.customer),
    customer_account: null,
    default_settings: {
      application_fee_percent: null,
      automatic_tax: { disabled_reason: null, enabled: false, liability: null },
      billing_cycle_anchor: "automatic",
      billing_thresholds: null,
      collection_method: "charge_automatically",
      default_payment_method: subscription.default_payment_method,
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
    phases: [
      buildPhase({
        start_date,
        end_date,
        currency: subscription.currency,
        items,
        prorationBehavior: "create_prorations",
      }),
    ],
    released_at: null,
    released_subscription: null,
    status: "active",
    subscription: subscription.id,
    test_clock: subscription.test_clock,
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
