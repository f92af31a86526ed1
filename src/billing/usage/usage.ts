import type { Standing } from "../allowances/allowance.js";

/** One use, as it goes to the database. */
export interface UsageEvent {
  readonly userId: string;
  /** For the record that a payer gets with the first use. */
  readonly externalId: string;
  /** Whether the staff tier counts: an admin, for their own account. */
  readonly isAdmin: boolean;
  readonly featureKey: string;
  /** Below 0 gives back, of a LIMIT. */
  readonly quantity: number;
  /** Null for now. */
  readonly occurredAt: Date | null;
  readonly key: string;
}

/** What the database made of an event. */
export type UsageOutcome =
  | "BELOW_ZERO"
  | "COUNTED"
  | "DUPLICATE"
  | "FEATURE_NOT_FOUND"
  | "FEATURE_NOT_METERED"
  | "INVALID_QUANTITY"
  | "IN_FUTURE"
  | "KEY_REUSED"
  | "LIMIT_REACHED"
  | "NOT_INCLUDED"
  | "TOO_OLD";

/** An event that was judged, and how the customer stands with its feature afterwards. */
export interface JudgedEvent {
  readonly outcome: UsageOutcome;
  readonly standing: Standing;
}

/** Most events in one call. */
export const mostEvents = 100;

const dayMs = 24 * 60 * 60 * 1000;

/** For how long a key is remembered; its event cannot be counted twice as long. */
export const keptKeysMs = 45 * dayMs;

/** How far back an event may lie; the same as in `record_usage`. Stripe's meters take no older ones: https://docs.stripe.com/api/billing/meter-event/create */
export const oldestEventDays = 35;

/** How far ahead a reservation may run. */
export const longestReservationHours = 24;
