import fc from "fast-check";
import type Stripe from "stripe";
import { day } from "./subscribed.js";

export type Behavior = "always_invoice" | "create_prorations" | "none";

export const behavior = fc.constantFrom<Behavior>("always_invoice", "create_prorations", "none");

/** What is to follow the period that runs. */
export interface SchedulePlan {
  phases: PlannedPhase[];
  end: "cancel" | "release";
}

/** So long a phase, at a price of those there are; a trial, or at 10 % off, or neither. */
interface PlannedPhase {
  days: number;
  price: 0 | 1 | 2;
  quantity: number;
  behavior: Behavior;
  extra: "trial" | "discount" | null;
}

function plans(
  how: fc.Arbitrary<Behavior>,
  extra: fc.Arbitrary<PlannedPhase["extra"]>,
  end: fc.Arbitrary<SchedulePlan["end"]>,
): fc.Arbitrary<SchedulePlan> {
  const price = fc.constantFrom<PlannedPhase["price"][]>(0, 1, 2);
  const [days, quantity] = [fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 5 })];
  const phase = fc.record({ days, price, quantity, behavior: how, extra });
  return fc.record({ phases: fc.array(phase, { minLength: 1, maxLength: 3 }), end });
}

export const anyPlan = plans(
  behavior,
  fc.constantFrom<PlannedPhase["extra"][]>("trial", "discount", null),
  fc.constantFrom<SchedulePlan["end"][]>("cancel", "release"),
);

/** All of it at its price, and all of that billed. */
export const billedPlan = plans(
  fc.constantFrom<Behavior[]>("always_invoice", "create_prorations"),
  fc.constant(null),
  fc.constant("release"),
);

/** Puts a subscription on a schedule: what it is now until its period ends, and what is planned after that. */
export async function putOnSchedule(
  stripe: Stripe,
  subscription: string,
  prices: Stripe.Price[],
  { phases, end }: SchedulePlan,
): Promise<Stripe.SubscriptionSchedule> {
  const made = await stripe.subscriptionSchedules.create({ from_subscription: subscription });
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
  const [current] = made.phases;
  if (!current) throw new Error("a schedule of a subscription has a phase");
  let from = current.end_date;
  const coming = phases.map(({ days, price, quantity, behavior: proration_behavior, extra }) => {
    from += days * day;
    return {
      end_date: from,
      items: [{ price: String(prices[price]?.id), quantity }],
      proration_behavior,
      ...(extra === "trial" && { trial: true }),
      ...(extra === "discount" && { discounts: [{ coupon: coupon.id }] }),
    };
  });
  return stripe.subscriptionSchedules.update(made.id, { end_behavior: end, phases: [asGiven(current), ...coming] });
}

/** A phase as it would be given again to stay as it is. */
function asGiven(phase: Stripe.SubscriptionSchedule.Phase): Stripe.SubscriptionScheduleUpdateParams.Phase {
  const { start_date, end_date, items, discounts, trial_end } = phase;
  return {
    start_date,
    end_date,
    items: items.map(({ price, quantity }) => ({ price: String(price), quantity: Number(quantity) })),
    discounts: discounts.map(({ discount }) => ({ discount: String(discount) })),
    ...(trial_end !== null && { trial_end }),
  };
}

export async function releaseFromSchedule(stripe: Stripe, subscription: string): Promise<Stripe.SubscriptionSchedule> {
  const { schedule } = await stripe.subscriptions.retrieve(subscription);
  return stripe.subscriptionSchedules.release(String(schedule));
}
