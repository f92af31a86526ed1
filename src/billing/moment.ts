import type { Deps } from "../deps.js";

/** What the passing of time is judged by. */
export interface Moment {
  /** By the billing clock. */
  readonly now: Date;
  /** How many days a payment that failed is put up with. */
  readonly gracePeriodDays: number;
}

/** The present moment. */
export function momentOf({ now, settings }: Pick<Deps, "now" | "settings">): Moment {
  return { now: now(), gracePeriodDays: settings.gracePeriodDays };
}
