/** How much a caller may ask for: so many points at once, and so many more each second. */
export interface RateLimit {
  readonly capacity: number;
  readonly perSecond: number;
}

/** Reads `bucket/each second`; null is no limit, a text what is wrong. */
export function readRateLimit(text: string, leastEachSecond: number): RateLimit | null | string {
  if (text === "off") return null;
  const [, bucket, eachSecond] = /^(\d{1,9})\/(\d{1,9}(?:\.\d{1,3})?)$/.exec(text) ?? [];
  if (bucket === undefined) return "must be `bucket/each second`, or `off`";
  const limit = { capacity: Number(bucket), perSecond: Number(eachSecond) };
  if (limit.capacity < 1) return "must have a bucket of at least 1";
  if (limit.perSecond < leastEachSecond) return `must restore at least ${leastEachSecond} each second`;
  const needsWhole = leastEachSecond >= 1;
  return needsWhole && !Number.isInteger(limit.perSecond) ? "must restore a whole number each second" : limit;
}
