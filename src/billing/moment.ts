import type { Deps } from "../deps.js";
import { findTier } from "./catalog/catalog.js";

/** What the passing of time is judged by. */
export interface Moment {
  /** By the billing clock. */
  readonly now: Date;
  /** How many days a payment that failed is put up with, unless the tier says otherwise. */
  readonly gracePeriodDays: number;
}

/** A moment that also knows the tiers: what is judged in SQL finds them there. */
export interface TieredMoment extends Moment {
  /** How many days a payment that failed is put up with on a tier, or on one that the catalog does not know. */
  graceDaysOf(tierSlug: string | null): number;
}

/** The present moment. */
export function momentOf({ now, settings }: Pick<Deps, "now" | "settings">): Moment {
  return { now: now(), gracePeriodDays: settings.gracePeriodDays };
}

/** The present moment, and the catalog in force. */
export function tieredMomentOf(deps: Pick<Deps, "now" | "settings" | "catalog">): TieredMoment {
  const { gracePeriodDays } = deps.settings;
  return {
    now: deps.now(),
    gracePeriodDays,
    graceDaysOf: (slug) => (slug === null ? null : findTier(deps.catalog(), slug)?.graceDays) ?? gracePeriodDays,
  };
}
