import { BillingError } from "../../errors.js";
import type { GraphQLContext } from "../../graphql/context.js";
import type { Span } from "../../stripe/snapshots.js";
import { findFeature } from "../catalog/catalog.js";
import { toFeature } from "../catalog/catalog.type.js";
import { findUsedByBucket } from "./usage.repository.js";
import { bucketsOf, type Granularity } from "./usage-series.js";

const mostPoints = 1_000;
const [earliest, latest] = [new Date("0001-01-01T00:00:00Z"), new Date("9998-12-31T23:59:59.999Z")];

/** Which series is asked for. */
export interface AskedSeries {
  readonly from: Date;
  /** Now when left out. */
  readonly to?: Date | null;
  readonly granularity: Granularity;
}

/**
 * What a customer used of a feature over time: a point for each hour, day, week or month that the span touches, whole.
 * Throws BAD_USER_INPUT for an unknown feature, a span that is none, and more points than 1,000.
 */
export async function usageSeriesOf(context: GraphQLContext, userId: string, key: string, asked: AskedSeries) {
  const { from, granularity } = asked;
  const to = asked.to ?? context.now();
  const feature = findFeature(context.catalog(), key);
  if (!feature) throw new BillingError("BAD_USER_INPUT", `There is no feature \`${key.slice(0, 64)}\`.`);
  if (from >= to) throw new BillingError("BAD_USER_INPUT", "`from` must be before `to`.");
  const buckets = bucketsOf({ start: from, end: to }, granularity, mostPoints);
  if (!buckets)
    throw new BillingError("BAD_USER_INPUT", `A series has at most ${mostPoints} points; ask for wider ones.`);

  // An offset may carry a written year out of what Postgres knows.
  if (from < earliest || to > latest) throw new BillingError("BAD_USER_INPUT", "A series lies in the years 1 to 9998.");
  const used = await usedIn(context, userId, key, buckets, granularity);
  const points = buckets.map((period) => ({ period, quantity: used.get(period.start.getTime()) ?? 0 }));
  return { feature: toFeature(feature), total: points.reduce((sum, point) => sum + point.quantity, 0), points };
}

async function usedIn(
  { db }: GraphQLContext,
  userId: string,
  key: string,
  buckets: readonly Span[],
  granularity: Granularity,
): Promise<ReadonlyMap<number, number>> {
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (!first || !last) return new Map();
  const rows = await findUsedByBucket(db, userId, key, { start: first.start, end: last.end }, granularity);
  return new Map(rows.map(({ start, quantity }) => [start.getTime(), quantity]));
}
