import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { hash, integer, required } from "../api/params.js";
import type { Anchor, OrderItem } from "../billing/order.js";
import { intervalOf } from "../billing/periods.js";
import { addIntervals, addMonths, formatDate, type Interval } from "../calendar.js";
import { nowInSeconds, type World } from "../world.js";

/** `billing_cycle_anchor_config`: a day of the month, and perhaps a month and a time of day, in UTC. */
export const anchorConfig = hash({
  day_of_month: required(integer({ min: 1, max: 31 })),
  hour: integer({ min: 0, max: 23 }),
  minute: integer({ min: 0, max: 59 }),
  month: integer({ min: 1, max: 12 }),
  second: integer({ min: 0, max: 59 }),
});

type Config = NonNullable<ReturnType<typeof anchorConfig>>;

export interface GivenAnchor {
  billing_cycle_anchor?: number | undefined;
  billing_cycle_anchor_config?: Config | undefined;
  proration_behavior?: "always_invoice" | "create_prorations" | "none" | undefined;
}

/**
 * Where whole periods begin, if that was asked for: in the future, and no later than one would end by itself.
 *
 * https://docs.stripe.com/billing/subscriptions/billing-cycle
 */
export function anchorOf(
  world: World,
  given: GivenAnchor,
  { first, trialEnd }: { first: OrderItem; trialEnd: number | null },
): Anchor | null {
  const { billing_cycle_anchor: at, billing_cycle_anchor_config: config, proration_behavior } = given;
  if (at !== undefined && config !== undefined) {
    throw invalidRequest(
      "You may only specify one of these parameters: billing_cycle_anchor, billing_cycle_anchor_config.",
    );
  }
  const interval = intervalOf(first.price);
  const start = trialEnd ?? nowInSeconds(world);
  const isProrated = proration_behavior !== "none";
  if (config) {
    return { at: anchorByConfig(config, interval, start), config: kept(config, start), isProrated };
  }
  if (at === undefined) return null;
  const latest = addIntervals(start, interval);
  if (at >= start && at > nowInSeconds(world) && at <= latest) return { at, config: null, isProrated };
  throw invalidRequest(
    `\`billing_cycle_anchor\` must be in the future and not later than the next natural billing date, ${formatDate(latest)} (${latest}).`,
    { param: "billing_cycle_anchor" },
  );
}

/**
 * The first such day from an instant on. Where its month is too short for the day, the last month that was long enough
 * is taken instead, so that the day comes back.
 */
function anchorByConfig(config: Config, { interval, interval_count }: Interval, start: number): number {
  if (interval !== "month" && interval !== "year") {
    throw invalidRequest("`billing_cycle_anchor_config` is for prices billed by the month or year.", {
      param: "billing_cycle_anchor_config",
    });
  }
  const months = config.month === undefined ? 1 : 12;
  const reach = (interval === "year" ? 12 : 1) * interval_count;
  if (config.month !== undefined && reach % 12 !== 0) {
    throw invalidRequest("`billing_cycle_anchor_config[month]` is for prices billed by the year.", {
      param: "billing_cycle_anchor_config[month]",
    });
  }
  // December has all days there are, so from the one before on the same day can be counted in months.
  const from = new Date(start * 1000);
  const month = (config.month ?? 12) - 1;
  const first = Date.UTC(from.getUTCFullYear() - 1, month, 1, ...timeOf(config, start)) / 1000;
  const day = (count: number) => onDay(addMonths(first, count * months), config.day_of_month);
  let count = 0;
  while (day(count) < start) count += 1;
  while (new Date(day(count) * 1000).getUTCDate() < config.day_of_month && count > 0 && config.month === undefined) {
    count -= 1;
  }
  return day(count);
}

function onDay(firstOfMonth: number, day: number): number {
  const date = new Date(firstOfMonth * 1000);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  return firstOfMonth + (Math.min(day, last) - 1) * 86_400;
}

/** What is not said is as it is now. */
function timeOf({ hour, minute, second }: Config, start: number): [number, number, number] {
  const at = new Date(start * 1000);
  return [hour ?? at.getUTCHours(), minute ?? at.getUTCMinutes(), second ?? at.getUTCSeconds()];
}

function kept(config: Config, start: number): Stripe.Subscription.BillingCycleAnchorConfig {
  const [hour, minute, second] = timeOf(config, start);
  return { day_of_month: config.day_of_month, hour, minute, month: config.month ?? null, second };
}
