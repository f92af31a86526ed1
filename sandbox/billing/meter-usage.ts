import Stripe from "stripe";
import type { World } from "../world.js";

/** A meter event as it is kept, under an id of the sandbox's own: identifiers may come back after a day. */
export interface StoredMeterEvent extends Stripe.Billing.MeterEvent {
  id: string;
  /** The customer and the amount it counts for; null if it counts for nobody, for Stripe takes such events and drops them. */
  counted: { meter: string; customer: string; value: string } | null;
  isCanceled: boolean;
}

/** A stretch of time: its start belongs to it, its end to the next. In Unix seconds. */
export interface Span {
  start: number;
  end: number;
}

const windowSeconds: Readonly<Record<string, number>> = { hour: 3600, day: 86_400 };

/**
 * What a customer has used in a span, by the meter's formula.
 *
 * A meter with a time window takes events as sums made beforehand: of each hour or day only the last counts.
 * https://docs.stripe.com/billing/subscriptions/usage-based/meters/configure
 */
export function usageOf(world: World, meter: Stripe.Billing.Meter, customer: string, span: Span): Stripe.Decimal {
  return aggregate(meter, eventsOf(world, meter, customer, span));
}

/** The same for each stretch of so many seconds in which anything was reported, newest first. */
export function usageByWindow(
  world: World,
  meter: Stripe.Billing.Meter,
  customer: string,
  span: Span,
  seconds: number,
): { span: Span; usage: Stripe.Decimal }[] {
  const byWindow = new Map<number, StoredMeterEvent[]>();
  for (const event of eventsOf(world, meter, customer, span)) {
    const start = event.timestamp - (event.timestamp % seconds);
    const known = byWindow.get(start);
    if (known) known.push(event);
    else byWindow.set(start, [event]);
  }
  const windows = [...byWindow].map(([start, events]) => ({
    span: { start, end: start + seconds },
    usage: aggregate(meter, events),
  }));
  return windows.reverse();
}

function aggregate(meter: Stripe.Billing.Meter, events: StoredMeterEvent[]): Stripe.Decimal {
  const values = lastOfEachWindow(meter, events).map(amountOf);
  const { formula } = meter.default_aggregation;
  if (formula === "count") return Stripe.Decimal.from(values.length);
  if (formula === "last") return values.at(-1) ?? Stripe.Decimal.zero;
  return values.reduce((sum, value) => sum.add(value), Stripe.Decimal.zero);
}

/** Oldest first; of one instant, as they came in. */
function eventsOf(
  world: World,
  meter: Stripe.Billing.Meter,
  customer: string,
  { start, end }: Span,
): StoredMeterEvent[] {
  return world.tables["billing.meter_event"]
    .dump()
    .filter(({ counted, isCanceled }) => counted?.meter === meter.id && counted.customer === customer && !isCanceled)
    .filter(({ timestamp }) => timestamp >= start && timestamp < end)
    .sort((one, other) => one.timestamp - other.timestamp);
}

function lastOfEachWindow(meter: Stripe.Billing.Meter, events: StoredMeterEvent[]): StoredMeterEvent[] {
  const seconds = windowSeconds[meter.event_time_window ?? ""];
  if (seconds === undefined) return events;
  const byWindow = new Map(events.map((event) => [Math.floor(event.timestamp / seconds), event]));
  return [...byWindow.values()];
}

function amountOf({ counted }: StoredMeterEvent): Stripe.Decimal {
  return Stripe.Decimal.from(counted?.value ?? 0);
}
