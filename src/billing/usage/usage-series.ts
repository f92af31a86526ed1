import type { Span } from "../../stripe/snapshots.js";

/** Width of a point in a time series. */
export type Granularity = "DAY" | "HOUR" | "MONTH" | "WEEK";

const hourMs = 3_600_000;
const fixedMs = { HOUR: hourMs, DAY: 24 * hourMs, WEEK: 7 * 24 * hourMs };

/** Monday 5 January 1970: weeks are counted from a Monday, as ISO 8601 has them. */
const firstMonday = Date.UTC(1970, 0, 5);

/**
 * The whole hours, days, weeks or months (in UTC) that cover a span, oldest first and without gaps.
 *
 * Gives undefined when they would be more than `most`.
 */
export function bucketsOf({ start, end }: Span, granularity: Granularity, most: number): Span[] | undefined {
  const buckets: Span[] = [];
  let from = floorOf(start, granularity);
  while (from < end) {
    if (buckets.length === most) return undefined;
    const to = nextOf(from, granularity);
    buckets.push({ start: from, end: to });
    from = to;
  }
  return buckets;
}

function floorOf(instant: Date, granularity: Granularity): Date {
  if (granularity === "MONTH") return firstOfMonth(instant, 0);
  const origin = granularity === "WEEK" ? firstMonday : 0;
  const width = fixedMs[granularity];
  return new Date(origin + Math.floor((instant.getTime() - origin) / width) * width);
}

function nextOf(start: Date, granularity: Granularity): Date {
  if (granularity === "MONTH") return firstOfMonth(start, 1);
  return new Date(start.getTime() + fixedMs[granularity]);
}

/** Not by `Date.UTC`, which takes the years 0 to 99 for 1900 to 1999. */
function firstOfMonth(instant: Date, monthsLater: number): Date {
  const first = new Date(instant);
  first.setUTCMonth(first.getUTCMonth() + monthsLater, 1);
  first.setUTCHours(0, 0, 0, 0);
  return first;
}
