import type Stripe from "stripe";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { customersDiscounts } from "./applied-discounts.js";
import { createInvoice } from "./create-invoice.js";
import { recurringLines } from "./line-drafts.js";
import type { OrderItem } from "./order.js";
import { secondsToPayment } from "./plan-renewal.js";
import { idOf } from "./price-amounts.js";
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
  const items: OrderItem[] = phase.items.flatMap(({ price: reference, quantity }) => {
    const price = world.tables.price.find(idOf(reference));
    return price ? [{ price, quantity: quantity ?? 1 }] : [];
  });
  const built = buildSubscription(
    world,
    { items, currency: phase.currency, coupons: [], trialEnd: null },
    {
      customer: customer.id,
      defaultPaymentMethod: null,
      description: null,
      isTaxAutomatic: false,
      metadata: phase.metadata ?? {},
    },
  );
  const id = newId.invoice();
  const subscription = world.tables.subscription.put({ ...built, latest_invoice: id, schedule: schedule.id });
  const { start_date, end_date } = phase;
  const begun = world.tables.subscription_schedule.put({
    ...schedule,
    current_phase: { start_date, end_date },
    status: "active",
    subscription: subscription.id,
  });
  recordEvent(world, "customer.subscription.created", subscription);
  const now = nowInSeconds(world);
  createInvoice(world, {
    id,
    customer,
    subscription,
    currency: phase.currency,
    reason: "subscription_create",
    lines: recurringLines(world, subscription, { isTrial: false }),
    discounts: customersDiscounts(world, customer.id, now),
    period: { start: now, end: now },
    created: now,
    finalizesAt: now + secondsToPayment,
  });
  return begun;
}
