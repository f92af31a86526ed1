import type Stripe from "stripe";
import { discountParams, type PlanOrder, planItem } from "./plan-change.js";
import { idOf } from "./snapshots.js";

type Phase = Stripe.SubscriptionScheduleUpdateParams.Phase;

/**
 * The running phase, to its end as it is, and then the new price.
 *
 * A phase that names no discounts has those of the customer, and a subscription's own would be lost with it; so each
 * names them: https://docs.stripe.com/api/subscription_schedules/update#update_subscription_schedule-phases-discounts
 */
export function phasesFor(
  order: PlanOrder,
  subscription: Stripe.Subscription,
  { current_phase: running }: Stripe.SubscriptionSchedule,
): Phase[] {
  if (!running) throw new Error("Stripe gave a running subscription a schedule without a running phase.");
  const item = planItem(subscription, order.fromStripePriceId);
  const others = subscription.items.data.filter(({ id }) => id !== item.id).map(itemParams);
  const discounts = subscription.discounts.flatMap((discount) => {
    const id = idOf(discount);
    return id ? [{ discount: id }] : [];
  });
  const isTrial = subscription.status === "trialing" && subscription.trial_end !== null;
  const until = item.current_period_end;
  return [
    {
      items: [itemParams(item), ...others],
      start_date: running.start_date,
      end_date: until,
      ...(discounts.length > 0 && { discounts }),
      ...(isTrial && { trial_end: until }),
    },
    {
      items: [{ price: order.stripePriceId, quantity: order.quantity }, ...others],
      start_date: until,
      duration: { interval: order.interval, interval_count: 1 },
      ...(discounts.length > 0 && { discounts }),
      ...discountParams(order),
    },
  ];
}

function itemParams({ price, quantity }: Stripe.SubscriptionItem) {
  return { price: price.id, ...(quantity !== undefined && { quantity }) };
}
