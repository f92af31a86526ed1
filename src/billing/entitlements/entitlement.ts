import { isMoreGenerous, type Standing } from "../allowances/allowance.js";
import { type Catalog, type CatalogFeature, type CatalogTier, cheapestTierGranting } from "../catalog/catalog.js";

/** Why somebody may not use something now. */
export const denialReasons = [
  "FEATURE_NOT_IN_TIER",
  "LIMIT_REACHED",
  "NO_SUBSCRIPTION",
  "PAUSED",
  "PAYMENT_OVERDUE",
] as const;
export type DenialReason = (typeof denialReasons)[number];

/** Whether somebody may use a feature now, and if not, why and what would help. */
export interface EntitlementState {
  readonly feature: CatalogFeature;
  readonly standing: Standing;
  readonly isUnlimited: boolean;
  /** Null for switches and when unlimited. */
  readonly limit: number | null;
  /** Null for switches. */
  readonly used: number | null;
  /** When `used` starts again from 0; null when it does not, or when nothing was ever used. */
  readonly resetsAt: Date | null;
}

/** What somebody may do with one feature, by how they stand with it. */
export function entitlementOf(feature: CatalogFeature, standing: Standing): EntitlementState {
  const { isIncluded, limit } = standing.grant;
  const isCounted = feature.kind !== "SWITCH";
  return {
    feature,
    standing,
    isUnlimited: isIncluded && isCounted && limit === null,
    limit: isCounted ? (isIncluded ? limit : 0) : null,
    used: isCounted ? standing.used : null,
    resetsAt: feature.kind === "METERED" && standing.isPeriodRunning ? standing.period.end : null,
  };
}

/** What is left; null for switches and when unlimited. Never below 0, also after a downgrade below what is in use. */
export function remainingOf({ limit, used }: EntitlementState): number | null {
  return limit === null ? null : Math.max(0, limit - (used ?? 0));
}

/** Why `quantity` more may not be used now; null when it may. A quantity of 0 asks about the feature alone. */
export function denialReasonOf(entitlement: EntitlementState, quantity: number): DenialReason | null {
  if (!entitlement.standing.grant.isIncluded) return whyNotIncluded(entitlement.standing);
  const remaining = remainingOf(entitlement);
  return remaining !== null && quantity > remaining ? "LIMIT_REACHED" : null;
}

/** A subscription that grants nothing just now is the nearest reason; then a tier that lacks the feature; then having none. */
function whyNotIncluded({ isAdmin, source, status, isEntitling }: Standing): DenialReason {
  if (isAdmin || source === "OVERRIDE") return "FEATURE_NOT_IN_TIER";
  switch (status) {
    case "PAUSED":
      return "PAUSED";
    case "UNPAID":
    case "INCOMPLETE":
      return "PAYMENT_OVERDUE";
    case "ACTIVE":
    case "TRIALING":
      return "FEATURE_NOT_IN_TIER";
    case "PAST_DUE":
      return isEntitling ? "FEATURE_NOT_IN_TIER" : "PAYMENT_OVERDUE";
    default:
      return source === "GRANT" ? "FEATURE_NOT_IN_TIER" : "NO_SUBSCRIPTION";
  }
}

/** The cheapest tier on the price list that grants more of the feature than is granted now. */
export function upgradeTierOf(catalog: Catalog, { feature, standing }: EntitlementState): CatalogTier | undefined {
  return cheapestTierGranting(catalog, feature.key, (grant) => isMoreGenerous(grant, standing.grant));
}
