import type { Logger } from "pino";
import type { IdentityConfig } from "../config.js";
import { readViewer } from "./claims.js";
import { InvalidToken } from "./invalid-token.js";
import { parseToken, readBearer } from "./parse-token.js";
import { type TrustedIssuer, trustedIssuers } from "./trusted-issuers.js";
import { verifySignature } from "./verify-signature.js";
import type { Viewer } from "./viewer.js";

export { InvalidToken, type InvalidTokenReason } from "./invalid-token.js";
export { KeysUnavailable } from "./keys-unavailable.js";

/**
 * Tells who sends an Authorization header: null without one. Rejects with InvalidToken unless it holds
 * a valid Bearer token or service key, and with another error when that cannot be told now.
 */
export type Authenticate = (authorizationHeader: string | undefined) => Promise<Viewer | null>;

/**
 * Makes the function that turns an Authorization header into a viewer.
 *
 * Tokens must come from an issuer that is trusted, be signed with a key of that issuer, be meant for
 * us (`aud`) and expire. Times are judged by the wall clock, never by the billing clock: travelling in
 * time must not revive a token.
 */
export function makeAuthenticator(identity: IdentityConfig, log: Logger): Authenticate {
  const issuers = trustedIssuers(identity, log);
  const toleranceMs = identity.jwt.clockToleranceSeconds * 1000;

  return async (header) => {
    if (header === undefined) return null;
    const token = parseToken(readBearer(header));
    // The issuer's own keys then prove that this claim is true.
    const trusted = issuers.find(({ issuer }) => issuer === token.claims["iss"]);
    if (!trusted) throw new InvalidToken("issuer");
    await verifySignature(token, trusted.keys);

    const { standing } = intendedFor(trusted, token.claims["aud"]);
    const viewer = readViewer(token.claims, identity.claims, standing);
    requireInForce(viewer, token.claims["nbf"], toleranceMs);
    return viewer;
  };
}

/** `aud` is one text or a list of them (RFC 7519, section 4.1.3). */
function intendedFor({ audiences }: TrustedIssuer, claim: unknown): TrustedIssuer["audiences"][number] {
  const named: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  const intended = audiences.find(({ audience }) => named.includes(audience));
  if (!intended) throw new InvalidToken("audience");
  return intended;
}

function requireInForce({ expiresAt }: Viewer, notBefore: unknown, toleranceMs: number): void {
  const now = Date.now();
  if (now >= expiresAt.getTime() + toleranceMs) throw new InvalidToken("expired");
  if (notBefore === undefined) return;
  if (typeof notBefore !== "number")
    throw new InvalidToken("claims", "The token's `nbf` claim must be a number of seconds.");
  if (now < notBefore * 1000 - toleranceMs) throw new InvalidToken("not_yet_valid");
}
