import { v5 } from "uuid";

const payerNamespace = "6f1d3a52-6a0e-4c3f-9d0b-3b7f4a0c9e11";

/** Whether a text is a UUID as we and Postgres write it: 36 characters, in lower case. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

/**
 * Our ID of a payer, derived from the host product's.
 *
 * A payer who has never bought anything has no row, yet reads as a customer with an ID; deriving it
 * keeps that ID the same once there is a row, so no client's cache breaks. See docs/decisions.
 */
export function userIdOf(externalId: string): string {
  return v5(externalId, payerNamespace);
}
