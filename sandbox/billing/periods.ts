import type Stripe from "stripe";
import { addIntervals, type Interval } from "../calendar.js";

export function intervalOf({ recurring }: Pick<Stripe.Price, "recurring">): Interval {
  return recurring ?? { interval: "month", interval_count: 1 };
}

export function isSameInterval(one: Interval, other: Interval): boolean {
  return one.interval === other.interval && one.interval_count === other.interval_count;
}

/**
 * The first end of a period after an instant.
 *
 * Counted from the anchor, so that a month's end is not lost in February. An anchor still to come ends a period itself.
 */
export function periodEndAfter(anchor: number, interval: Interval, instant: number): number {
  for (let count = 0; ; count += 1) {
    const end = addIntervals(anchor, interval, count);
    if (end > instant) return end;
  }
}

/** Where the whole interval begins of which a period is the last part: before the period, if that was cut short. */
export function intervalStart(anchor: number, interval: Interval, end: number): number {
  let count = 0;
  while (addIntervals(anchor, interval, count) < end) count += 1;
  while (addIntervals(anchor, interval, count) >= end) count -= 1;
  return addIntervals(anchor, interval, count);
}

/** Part of an amount, to the second, rounded half up. https://docs.stripe.com/billing/subscriptions/prorations */
export function shareOf(amount: number, seconds: number, of: number): number {
  if (of <= 0) return 0;
  const portion = Math.floor((Math.abs(amount) * Math.min(seconds, of)) / of + 0.5);
  return amount < 0 ? -portion : portion;
}

/** The same items with one and the same period. */
export function withPeriod(subscription: Stripe.Subscription, start: number, end: number): Stripe.Subscription {
  const data = subscription.items.data.map((item) => ({
    ...item,
    current_period_start: start,
    current_period_end: end,
  }));
  return { ...subscription, items: { ...subscription.items, data } };
}
