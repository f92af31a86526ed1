import type { Span, SubscriptionStatus } from "../../stripe/snapshots.js";
import type { Grant } from "../catalog/catalog.js";

/** Where a right to use something comes from. */
export const allowanceSources = ["ADMIN", "FREE_TIER", "GRACE", "GRANT", "OVERRIDE", "SUBSCRIPTION", "TRIAL"] as const;
export type AllowanceSource = (typeof allowanceSources)[number];

/** Who is asked about: staff have the staff tier on their own account, whatever was bought. */
export interface Holder {
  readonly userId: string;
  readonly isAdmin: boolean;
}

/** How a customer stands with one feature, as the database judges it (`standings` and `record_usage`). */
export interface Standing {
  readonly featureKey: string;
  readonly isAdmin: boolean;
  /** What they may have of it. */
  readonly grant: Grant;
  /** What gives it, or what comes nearest; null where no tier knows the feature. */
  readonly source: AllowanceSource | null;
  /** Used in the period, or held now of a LIMIT; open reservations included. 0 of a switch. */
  readonly used: number;
  /** The period that metered use counts in now. */
  readonly period: Span;
  /** Whether anything has begun that period: not for who never subscribed and never used anything. */
  readonly isPeriodRunning: boolean;
  /** Of the running or last subscription; null without any. */
  readonly status: SubscriptionStatus | null;
  /** Whether that subscription grants its tier just now. */
  readonly isEntitling: boolean;
}

/** Whether the first grants more than the second. A grant without a limit beats any limit. */
export function isMoreGenerous(first: Grant, second: Grant): boolean {
  return sizeOf(first) > sizeOf(second);
}

function sizeOf(grant: Grant): number {
  if (!grant.isIncluded) return -1;
  return grant.limit ?? Number.POSITIVE_INFINITY;
}

/** How full a limit is: nearly so from 80 percent, and full when nothing is left. The same as `usage_level` in the database. */
function levelOf({ grant, used }: Standing): "room" | "nearly full" | "full" {
  if (grant.limit === null || grant.limit === 0) return "room";
  if (used >= grant.limit) return "full";
  return used * 5 >= grant.limit * 4 ? "nearly full" : "room";
}

/** The features whose allowance differs between two moments, or of which there is room again; what neither includes did not change. */
export function changedFeatures(before: readonly Standing[], after: readonly Standing[]): string[] {
  const earlier = new Map(before.map((standing) => [standing.featureKey, standing]));
  return after
    .filter((is) => {
      const was = earlier.get(is.featureKey);
      if (!was) return is.grant.isIncluded;
      if (!was.grant.isIncluded && !is.grant.isIncluded) return false;
      return was.source !== is.source || sizeOf(was.grant) !== sizeOf(is.grant) || levelOf(was) !== levelOf(is);
    })
    .map(({ featureKey }) => featureKey);
}
