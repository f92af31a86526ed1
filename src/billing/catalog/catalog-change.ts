import { createHash } from "node:crypto";

/** One step that brings Stripe closer to what is wanted. Each may be repeated: a run cut off is finished by the next. */
export interface CatalogChange {
  /** One line for people. */
  readonly summary: string;
  apply(): Promise<void>;
}

/**
 * The idempotency key of a creation: the same for the same wish, so that a run just after one that was cut off
 * does not make a second while the first is on its way. The hour is in it because Stripe repeats even a failure
 * of its own for the same key, for a day: https://docs.stripe.com/api/idempotent_requests
 */
export function creationKey(wish: object): string {
  return keyOf(wish, "2026-10-28T12".length);
}

/**
 * The same for what can be deleted in Stripe: with the minute instead, so that what is made anew later is not
 * answered with what was deleted.
 */
export function creationKeyOfDeletable(wish: object): string {
  return keyOf(wish, "2026-10-28T12:30".length);
}

function keyOf(wish: object, precision: number): string {
  const time = new Date().toISOString().slice(0, precision);
  const digest = createHash("sha256").update(JSON.stringify(wish)).digest("hex").slice(0, 40);
  return `catalog-${time}-${digest}`;
}
