import type { Span } from "../../stripe/snapshots.js";
import type { Standing } from "../allowances/allowance.js";
import type { CatalogFeature } from "../catalog/catalog.js";

/** How much of one feature is used in the period that runs. */
export interface UsageState {
  readonly feature: CatalogFeature;
  readonly used: number;
  /** 0 for a feature that is not included; null when unlimited. */
  readonly limit: number | null;
  readonly percentUsed: number | null;
  readonly period: Span;
}

/** Whether use of a feature is counted at all: a switch is on or off. */
export function isCounted({ kind }: CatalogFeature): boolean {
  return kind !== "SWITCH";
}

/** The use of one counted feature. */
export function usageOf(feature: CatalogFeature, { grant, used, period }: Standing): UsageState {
  const limit = grant.isIncluded ? grant.limit : 0;
  return { feature, used, limit, percentUsed: percentOf(used, limit), period };
}

/** Percent to a hundredth, rounded down, so that what is not used up never reads as 100. */
function percentOf(used: number, limit: number | null): number | null {
  if (limit === null) return null;
  if (limit === 0) return used === 0 ? 0 : 100;
  return Math.floor((used / limit) * 10_000) / 100;
}
