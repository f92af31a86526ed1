import type { Viewer } from "../../auth/viewer.js";
import { BillingError, done, type Outcome, refuse } from "../../errors.js";
import { isStorable } from "./input-text.js";
import { userIdOf } from "./user.js";

/** Whose account a request is about, and what the token says of them. */
export interface Payer {
  readonly userId: string;
  readonly externalId: string;
  /** From the token; null when it does not say, or when a service names the payer. */
  readonly email: string | null;
  readonly name: string | null;
}

/** The caller's own account; null for a service, which has none. */
export function ownPayer(viewer: Viewer): Payer | null {
  if (viewer.payerId === null) return null;
  return payer(viewer.payerId, viewer.email, viewer.name);
}

/** The caller's own account. Throws FORBIDDEN for a service, which has none. */
export function requirePayer(viewer: Viewer | null): Payer {
  const own = viewer && ownPayer(viewer);
  if (!own) throw new BillingError("FORBIDDEN", "This token names no billing account.");
  return own;
}

/** Whom a service or an admin names; undefined for a text that cannot be anybody's ID. */
export function namedPayer(externalId: string): Payer | undefined {
  return isStorable(externalId, longestExternalId) ? payer(externalId, null, null) : undefined;
}

/** The account that a mutation is for: a service names it, everybody else acts for their own. */
export function payerFor(viewer: Viewer | null, externalCustomerId: string | null | undefined): Outcome<Payer> {
  const path = ["input", "externalCustomerId"];
  if (viewer?.roles.has("SERVICE")) {
    if (!externalCustomerId) return refuse("INVALID_INPUT", "A service must name the customer.", { path });
    const named = namedPayer(externalCustomerId);
    if (named) return done(named);
    return refuse("INVALID_INPUT", "An ID is a text of 1 to 200 characters without control characters.", { path });
  }
  if (externalCustomerId) return refuse("INVALID_INPUT", "Only a service may name a customer.", { path });
  return done(requirePayer(viewer));
}

const longestExternalId = 200;

function payer(externalId: string, email: string | null, name: string | null): Payer {
  return { userId: userIdOf(externalId), externalId, email, name };
}
