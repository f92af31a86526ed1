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
  schedule: Stripe.SubscriptionSchedule,
): Phase[] {
  const item = planItem(subscription, order.fromStripePriceId);
  const others = subscription.items.data.filter(({ id }) => id !== item.id).map(itemParams);
  const discounts = discountsOf(subscription.discounts.map((discount) => ({ discount })));
  return [
    runningPhase(subscription, schedule),
    {
      items: [{ price: order.stripePriceId, quantity: order.quantity }, ...others],
      start_date: item.current_period_end,
      duration: { interval: order.interval, interval_count: 1 },
      ...discounts,
      ...discountParams(order),
    },
  ];
}

/** The running phase, and what a schedule that was released had held ready after it. */
export function phasesOf(
  released: Stripe.SubscriptionSchedule,
  subscription: Stripe.Subscription,
  schedule: Stripe.SubscriptionSchedule,
): Phase[] {
  const running = runningPhase(subscription, schedule);
  const coming = released.phases.filter(({ start_date }) => start_date >= Number(running.end_date));
  return [
    running,
    ...coming.map(({ items, start_date, end_date, discounts }) => ({
      items: items.map(({ price, quantity }) => ({
        price: idOf(price) ?? "",
        ...(quantity !== undefined && { quantity }),
      })),
      start_date,
      end_date,
      ...discountsOf(discounts),
    })),
  ];
}

/** Whether a subscription is in the phase that a schedule was in when it was released, at the same plan. */
export function isStillAt({ items }: Stripe.Subscription, { phases }: Stripe.SubscriptionSchedule): boolean {
  return items.data.every((item) =>
    phases.some(
      ({ end_date, items: planned }) =>
        end_date === item.current_period_end &&
        planned.some(
          ({ price, quantity }) => idOf(price) === item.price.id && (quantity ?? 1) === (item.quantity ?? 1),
        ),
    ),
  );
}

function runningPhase(subscription: Stripe.Subscription, { current_phase: running }: Stripe.SubscriptionSchedule) {
  if (!running) throw new Error("Stripe gave a running subscription a schedule without a running phase.");
  const [item] = subscription.items.data;
  if (!item) throw new Error("Stripe gave a subscription without items.");
  const isTrial = subscription.status === "trialing" && subscription.trial_end !== null;
  const end = item.current_period_end;
  return {
    items: subscription.items.data.map(itemParams),
    start_date: running.start_date,
    end_date: end,
    ...discountsOf(subscription.discounts.map((discount) => ({ discount }))),
    ...(isTrial && { trial_end: end }),
  };
}

type Discount = Stripe.SubscriptionScheduleUpdateParams.Phase.Discount;
type Reduction = Partial<Record<"discount" | "promotion_code" | "coupon", string | { id: string } | null>>;

/** The discounts of a phase as they are told to Stripe, one of the three names for each. */
function discountsOf(reductions: readonly Reduction[]) {
  const discounts = reductions.flatMap(({ discount, promotion_code, coupon }): Discount[] => {
    const [known, code, plain] = [idOf(discount), idOf(promotion_code), idOf(coupon)];
    if (known) return [{ discount: known }];
    if (code) return [{ promotion_code: code }];
    return plain ? [{ coupon: plain }] : [];
  });
  return discounts.length > 0 ? { discounts } : {};
}

function itemParams({ price, quantity }: Stripe.SubscriptionItem) {
  return { price: price.id, ...(quantity !== undefined && { quantity }) };
}
