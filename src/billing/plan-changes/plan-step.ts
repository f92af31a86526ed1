import { type Catalog, type CatalogPrice, type CatalogTier, type Grant, grantOf } from "../catalog/catalog.js";
import { isUpgrade } from "../catalog/tier-step.js";

/** Which way a change of plan leads. */
export const planChangeDirections = ["DOWNGRADE", "SIDEWAYS", "UPGRADE"] as const;
export type PlanChangeDirection = (typeof planChangeDirections)[number];

/** When somebody wants to move. */
export const planChangeTimings = ["AUTOMATIC", "IMMEDIATE", "PERIOD_END"] as const;
export type PlanChangeTiming = (typeof planChangeTimings)[number];

/** A plan, in so many seats. `price` is undefined for one that the catalog never knew. */
export interface Plan {
  readonly tier: CatalogTier;
  readonly price: CatalogPrice | undefined;
  readonly quantity: number;
}

/** A plan that is sold. */
export type OfferedPlan = Plan & { readonly price: CatalogPrice };

const lengths: Readonly<Record<CatalogPrice["interval"], number>> = { day: 1, week: 7, month: 30, year: 365 };

/**
 * Which way a change leads: the tier decides, then the seats, then how long the customer commits to.
 *
 * A year in place of a month is a step up, as more is paid now; a month in place of a year a step down, as much of
 * what was paid would come back as credit that lasts for years.
 */
export function directionOf(catalog: Catalog, from: Plan, to: OfferedPlan): PlanChangeDirection {
  if (from.tier.slug !== to.tier.slug) return isUpgrade(catalog, from, to.tier) ? "UPGRADE" : "DOWNGRADE";
  const seats = to.quantity - from.quantity;
  const length = lengths[to.price.interval] - lengths[from.price?.interval ?? to.price.interval];
  const step = seats === 0 ? length : seats;
  if (step === 0) return "SIDEWAYS";
  return step > 0 ? "UPGRADE" : "DOWNGRADE";
}

/** When a change takes place: what leads down waits until what was paid for is used up, unless asked otherwise. */
export function timingOf(asked: PlanChangeTiming, direction: PlanChangeDirection): "IMMEDIATE" | "PERIOD_END" {
  if (asked !== "AUTOMATIC") return asked;
  return direction === "DOWNGRADE" ? "PERIOD_END" : "IMMEDIATE";
}

/** The keys of the features that a tier gives more of than another, in the catalog's order. */
export function featuresGained(catalog: Catalog, from: CatalogTier, to: CatalogTier): string[] {
  return catalog.features
    .map(({ key }) => key)
    .filter((key) => givesMore(grantOf(catalog, to, key), grantOf(catalog, from, key)));
}

function givesMore(one: Grant, other: Grant): boolean {
  if (one.isIncluded !== other.isIncluded) return one.isIncluded;
  if (!one.isIncluded) return false;
  return (one.limit ?? Number.POSITIVE_INFINITY) > (other.limit ?? Number.POSITIVE_INFINITY);
}
