import { v5 } from "uuid";

const payerNamespace = "6f1d3a52-6a0e-4c3f-9d0b-3b7f4a0c9e11";

/**
 * Our ID of a payer, derived from the host product's.
 *
 * A payer who has never bought anything has no row, yet reads as a customer with an ID; deriving it
 * keeps that ID the same once there is a row, so no client's cache breaks. See docs/decisions.
 */
export function userIdOf(externalId: string): string {
  return v5(externalId, payerNamespace);
}
