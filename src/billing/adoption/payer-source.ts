import { externalIdKey } from "../../stripe/snapshots.js";

/**
 * Where an import learns who a Stripe customer is in the host product. The first that names somebody counts, in this
 * order: the Stripe customer's ID, its metadata, its e-mail address.
 */
export interface PayerSource {
  /** The key of Stripe's metadata that holds the payer's ID. */
  readonly metadataKey: string;
  /** The payer's ID by Stripe's ID of the customer; null where several were named. */
  readonly byStripeId: ReadonlyMap<string, string | null>;
  /** The payer's ID by `emailKey` of the address; null where several have it. */
  readonly byEmail: ReadonlyMap<string, string | null>;
}

/** The key of Stripe's metadata that this service writes the payer's ID under. */
export const ownMetadataKey = externalIdKey;

/**
 * What addresses are compared by: without the space around, and in lower case. Mail servers may tell upper from lower
 * case in the part before the `@`; nobody's sign-up does.
 */
export function emailKey(email: string): string {
  return email.trim().normalize("NFC").toLowerCase();
}
