import { apiVersion } from "../world.js";
import { invalidRequest } from "./errors.js";
import { knownVersions } from "./known-versions.js";

/**
 * The version a request is answered in the name of: the one in its header, or the sandbox's own.
 *
 * Older ones are let in and named in the answer, but shapes are those of the sandbox's version; what an older
 * request may say differently is in `older-params.ts`. https://docs.stripe.com/api/versioning
 */
export function readVersion(header: string | undefined): string {
  if (header === undefined) return apiVersion;
  if (isKnownVersion(header)) return header;
  throw invalidRequest(`Invalid Stripe API version: ${header}`);
}

export function isKnownVersion(version: string): boolean {
  return knownVersions.some((known) => known === version);
}
