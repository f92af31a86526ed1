import type Stripe from "stripe";
import { mergeMetadata } from "../api/metadata.js";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { discountsOf } from "./applied-discounts.js";
import { createInvoice } from "./create-invoice.js";
import { discountsIn } from "./enter-phase.js";
import { recurringLines } from "./line-drafts.js";
import type { OrderItem } from "./order.js";
import { secondsToPayment } from "./plan-renewal.js";
import { idOf } from "./price-amounts.js";
import { withScheduledEnd } from "./schedule-phases.js";
import { buildSubscription } from "./subscription.js";

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
  const id = newId.invoice();
  const built = subscriptionIn(world, schedule, phase);
  const subscription = world.tables.subscription.put({
    ...withScheduledEnd(world, built, schedule),
    discounts: discountsIn(world, phase, { customer: customer.id, subscription: built.id }),
    latest_invoice: id,
    schedule: schedule.id,
  });
  const begun = world.tables.subscription_schedule.put({
    ...schedule,
    current_phase: { start_date, end_date },
    status: "active",
    subscription: subscription.id,
  });
  if (!customer.currency) {
    recordEvent(world, "customer.updated", world.tables.customer.put({ ...customer, currency }), customer);
  }
  recordEvent(world, "customer.subscription.created", subscription);
  const now = nowInSeconds(world);
  createInvoice(world, {
    id,
    customer,
    subscription,
    currency,
    reason: "subscription_create",
    lines: recurringLines(world, subscription, { isTrial: subscription.status === "trialing" }),
    discounts: discountsOf(world, subscription, now),
    period: { start: now, end: now },
    created: now,
    finalizesAt: now + secondsToPayment,
  });
  return begun;
}

function subscriptionIn(
  world: World,
  { customer, default_settings }: Stripe.SubscriptionSchedule,
  phase: Stripe.SubscriptionSchedule.Phase,
): Stripe.Subscription {
  const items: OrderItem[] = phase.items.flatMap(({ price: reference, quantity = 1, metadata }) => {
    const price = world.tables.price.find(idOf(reference));
    return price ? [{ price, quantity, metadata: mergeMetadata({}, metadata) }] : [];
  });
  const method = phase.default_payment_method ?? default_settings.default_payment_method;
  const trialEnd = phase.trial_end !== null && phase.trial_end > nowInSeconds(world) ? phase.trial_end : null;
  return buildSubscription(
    world,
    { items, currency: phase.currency, coupons: [], trialEnd },
    {
      customer: idOf(customer),
      defaultPaymentMethod: method === null ? null : idOf(method),
      description: phase.description ?? default_settings.description,
      isTaxAutomatic: false,
      metadata: mergeMetadata({}, phase.metadata),
    },
  );
}
