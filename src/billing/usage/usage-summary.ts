import type { Span } from "../../stripe/snapshots.js";
import { allowanceOf, type Holder } from "../allowances/allowance.js";
import type { Catalog, CatalogFeature } from "../catalog/catalog.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";

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
export function usageOf(
  catalog: Catalog,
  holder: Holder,
  feature: CatalogFeature,
  used: number,
  period: Span,
): UsageState {
  const { isIncluded, limit: granted } = allowanceOf(catalog, holder, feature.key).grant;
  const limit = isIncluded ? granted : 0;
  return { feature, used, limit, percentUsed: percentOf(used, limit), period };
}

/** Percent to a hundredth, rounded down, so that what is not used up never reads as 100. */
function percentOf(used: number, limit: number | null): number | null {
  if (limit === null) return null;
  if (limit === 0) return used === 0 ? 0 : 100;
  return Math.floor((used / limit) * 10_000) / 100;
}

/** The period that is counted: the subscription's while it entitles and the period runs, else the calendar month in UTC. */
export function usagePeriodOf(
  subscription: Pick<SubscriptionRow, "currentPeriodStart" | "currentPeriodEnd"> | undefined,
  now: Date,
): Span {
  const { currentPeriodStart: start, currentPeriodEnd: end } = subscription ?? {};
  if (start && end && start <= now && now < end) return { start, end };
  const month = (later: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + later));
  return { start: month(0), end: month(1) };
}
