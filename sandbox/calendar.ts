/** How far a price's interval reaches. */
export interface Interval {
  interval: string;
  interval_count: number;
}

const secondsPerDay = 86_400;

/**
 * The instant `count` intervals after the anchor, in seconds.
 *
 * Months are counted from the anchor and clamped to the month's last day, so the 31st of January
 * is followed by the 28th of February and then by the 31st of March again.
 */
export function addIntervals(anchor: number, { interval, interval_count }: Interval, count = 1): number {
  const steps = interval_count * count;
  if (interval === "day") return anchor + steps * secondsPerDay;
  if (interval === "week") return anchor + steps * 7 * secondsPerDay;
  return addMonths(anchor, interval === "year" ? steps * 12 : steps);
}

/** The same day and time so many months later, clamped to that month's last day. */
export function addMonths(anchor: number, months: number): number {
  const from = new Date(anchor * 1000);
  const year = from.getUTCFullYear();
  const month = from.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const moved = new Date(anchor * 1000);
  moved.setUTCFullYear(year, month, Math.min(from.getUTCDate(), lastDay));
  return Math.floor(moved.getTime() / 1000);
}

export function addDays(from: number, days: number): number {
  return from + days * secondsPerDay;
}

/** "24 Nov 2026", for people. */
export function formatDate(seconds: number): string {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(
    seconds * 1000,
  );
}
