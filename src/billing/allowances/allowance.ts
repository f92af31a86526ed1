import type { SubscriptionStatus } from "../../stripe/snapshots.js";
import {
  type Catalog,
  type CatalogTier,
  findTier,
  freeTier,
  type Grant,
  grantOf,
  staffTier,
} from "../catalog/catalog.js";

/** Where a right to use something comes from. */
export const allowanceSources = ["ADMIN", "FREE_TIER", "GRACE", "GRANT", "OVERRIDE", "SUBSCRIPTION", "TRIAL"] as const;
export type AllowanceSource = (typeof allowanceSources)[number];

/** A subscription as far as it decides what may be used. */
export interface HeldSubscription {
  readonly status: SubscriptionStatus;
  readonly tierSlug: string | null;
  /** Whether it grants its tier at the moment that is judged. */
  readonly isEntitling: boolean;
}

/** What decides how much somebody may use. */
export interface Holder {
  /** Staff: everything of the staff tier, whatever was bought. */
  readonly isAdmin: boolean;
  readonly subscription: HeldSubscription | undefined;
}

/** What somebody may have of one feature, and why. */
export interface Allowance {
  readonly grant: Grant;
  readonly source: AllowanceSource;
}

/** The tier in force: the staff tier for an admin, the subscription's while it entitles, else the free tier. */
export function tierInForce(catalog: Catalog, holder: Holder): { tier: CatalogTier; source: AllowanceSource } {
  if (holder.isAdmin) return { tier: staffTier(catalog), source: "ADMIN" };
  const { subscription } = holder;
  const bought = subscription?.isEntitling && findTier(catalog, subscription.tierSlug ?? "");
  if (!bought) return { tier: freeTier(catalog), source: "FREE_TIER" };
  return { tier: bought, source: sourceOf(subscription.status) };
}

function sourceOf(status: SubscriptionStatus): AllowanceSource {
  if (status === "TRIALING") return "TRIAL";
  return status === "PAST_DUE" ? "GRACE" : "SUBSCRIPTION";
}

/**
 * What somebody may have of a feature: the more generous of the tier in force and the free tier, so
 * that buying never takes away.
 */
export function allowanceOf(catalog: Catalog, holder: Holder, featureKey: string): Allowance {
  const { tier, source } = tierInForce(catalog, holder);
  const grant = grantOf(catalog, tier, featureKey);
  const free = grantOf(catalog, freeTier(catalog), featureKey);
  return isMoreGenerous(free, grant) ? { grant: free, source: "FREE_TIER" } : { grant, source };
}

/** Whether the first grants more than the second. A grant without a limit beats any limit. */
export function isMoreGenerous(first: Grant, second: Grant): boolean {
  return sizeOf(first) > sizeOf(second);
}

function sizeOf(grant: Grant): number {
  if (!grant.isIncluded) return -1;
  return grant.limit ?? Number.POSITIVE_INFINITY;
}

/** The features whose allowance differs between two states of one holder; what neither includes did not change. */
export function changedFeatures(catalog: Catalog, before: Holder, after: Holder): string[] {
  return catalog.features
    .map(({ key }) => key)
    .filter((key) => {
      const [was, is] = [allowanceOf(catalog, before, key), allowanceOf(catalog, after, key)];
      if (!was.grant.isIncluded && !is.grant.isIncluded) return false;
      return was.source !== is.source || sizeOf(was.grant) !== sizeOf(is.grant);
    });
}
