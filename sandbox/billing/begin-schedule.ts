import type Stripe from "stripe";
import { mergeMetadata } from "../api/metadata.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { discountsOf } from "./applied-discounts.js";
import { discountsIn } from "./enter-phase.js";
import type { OrderItem } from "./order.js";
import { planStart, type StartRequest } from "./plan-start.js";
import { idOf } from "./price-amounts.js";
import { withScheduledEnd } from "./schedule-phases.js";
import { startWithDraft } from "./start-with-draft.js";

/**
 * Begins a schedule's first phase, and with it the subscription.
 *
 * Its first invoice is a draft for an hour, unlike that of one created directly:
 * https://docs.stripe.com/billing/subscriptions/subscription-schedules
 */
export function beginSchedule(world: World, schedule: Stripe.SubscriptionSchedule): Stripe.SubscriptionSchedule {
  const [phase] = schedule.phases;
  const customer = world.tables.customer.find(idOf(schedule.customer));
  if (!phase || !customer) return schedule;
  const { start_date, end_date, currency } = phase;
  const planned = planStart(world, requestOf(world, schedule, phase, customer));
  const own = { customer: customer.id, subscription: planned.subscription.id };
  const subscription: Stripe.Subscription = {
    ...withScheduledEnd(world, planned.subscription, schedule),
    discounts: discountsIn(world, phase, own),
    schedule: schedule.id,
  };
  const begun = world.tables.subscription_schedule.put({
    ...schedule,
    current_phase: { start_date, end_date },
    status: "active",
    subscription: subscription.id,
  });
  if (!customer.currency) {
    recordEvent(world, "customer.updated", world.tables.customer.put({ ...customer, currency }), customer);
  }
  const discounts = discountsOf(world, subscription, nowInSeconds(world));
  startWithDraft(world, { ...planned, subscription, draft: planned.draft && { ...planned.draft, discounts } });
  return begun;
}

function requestOf(
  world: World,
  { default_settings }: Stripe.SubscriptionSchedule,
  phase: Stripe.SubscriptionSchedule.Phase,
  customer: Stripe.Customer,
): StartRequest {
  const items: OrderItem[] = phase.items.flatMap(({ price: reference, quantity = 1, metadata }) => {
    const price = world.tables.price.find(idOf(reference));
    return price ? [{ price, quantity, metadata: mergeMetadata({}, metadata) }] : [];
  });
  const method = phase.default_payment_method ?? default_settings.default_payment_method;
  const trialEnd = phase.trial_end !== null && phase.trial_end > nowInSeconds(world) ? phase.trial_end : null;
  return {
    customer,
    order: { items, currency: phase.currency, coupons: [], trialEnd },
    terms: {
      customer: customer.id,
      defaultPaymentMethod: method === null ? null : idOf(method),
      description: phase.description ?? default_settings.description,
      isTaxAutomatic: false,
      metadata: mergeMetadata({}, phase.metadata),
    },
    // A phase's discounts were found good when they were given; they are redeemed as it begins.
    discounts: [],
    checkoutSession: null,
  };
}
