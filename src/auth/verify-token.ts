import { createSecretKey, type KeyObject } from "node:crypto";
import jwt from "jsonwebtoken";
import type { IdentityConfig } from "../config.js";
import { readViewer, type VerifiedClaims } from "./claims.js";
import { InvalidToken, type InvalidTokenReason } from "./invalid-token.js";
import type { Viewer } from "./viewer.js";

export { InvalidToken, type InvalidTokenReason } from "./invalid-token.js";

/** Longest Authorization header that is looked at, in characters. */
const LONGEST_HEADER = 8 * 1024;

/** Tells who sends an Authorization header: null without one; throws InvalidToken unless it holds a valid Bearer token. */
export type Authenticate = (authorizationHeader: string | undefined) => Viewer | null;

/**
 * Makes the function that turns an Authorization header into a viewer.
 *
 * Tokens are HS256, must expire and must be meant for us (`iss`, `aud`). Times are judged by the
 * wall clock, never by the billing clock: travelling in time must not revive a token.
 */
export function makeAuthenticator(settings: IdentityConfig["jwt"], claims: IdentityConfig["claims"]): Authenticate {
  // Made once: from a string, jsonwebtoken would derive the key again for each token, at 70 times the cost.
  const key = createSecretKey(Buffer.from(settings.secret));

  return (header) => {
    if (header === undefined) return null;
    return readViewer(verify(readBearer(header), key, settings), claims);
  };
}

function readBearer(header: string): string {
  if (header.length > LONGEST_HEADER) throw new InvalidToken("malformed", "The Authorization header is too long.");
  const [, token] = /^bearer +([\w.-]+) *$/i.exec(header) ?? [];
  if (token === undefined)
    throw new InvalidToken("malformed", "The Authorization header must be `Bearer`, a space and a token.");
  return token;
}

function verify(
  token: string,
  key: KeyObject,
  { issuer, audience, clockToleranceSeconds }: IdentityConfig["jwt"],
): VerifiedClaims {
  const { header, payload } = verifySignature(token, key, { issuer, audience, clockTolerance: clockToleranceSeconds });
  // RFC 7515, 4.1.11: extensions that must be understood, and we understand none.
  if ("crit" in header) throw new InvalidToken("algorithm", "The token demands extensions that are not supported.");
  if (typeof payload === "string" || Array.isArray(payload))
    throw new InvalidToken("malformed", "The token does not hold claims.");
  return payload;
}

function verifySignature(token: string, key: KeyObject, options: jwt.VerifyOptions): jwt.Jwt {
  try {
    return jwt.verify(token, key, { ...options, algorithms: ["HS256"], complete: true });
  } catch (error) {
    const reason = reasonOf(error);
    throw new InvalidToken(reason, explanations[reason], { cause: error });
  }
}

const explanations: Readonly<Record<InvalidTokenReason, string>> = {
  malformed: "The token is malformed.",
  expired: "The token has expired.",
  not_yet_valid: "The token is not valid yet.",
  signature: "The token's signature is wrong.",
  algorithm: "The token is not signed with HS256.",
  issuer: "The token comes from another issuer.",
  audience: "The token is meant for another audience.",
  claims: "The token's claims are malformed.",
};

/** jsonwebtoken tells faults apart by message only; the tests hold each one of them. */
function reasonOf(error: unknown): InvalidTokenReason {
  if (error instanceof jwt.TokenExpiredError) return "expired";
  if (error instanceof jwt.NotBeforeError) return "not_yet_valid";
  if (!(error instanceof jwt.JsonWebTokenError)) return "malformed";
  if (error.message === "invalid algorithm") return "algorithm";
  if (error.message === "invalid signature" || error.message === "jwt signature is required") return "signature";
  if (error.message.startsWith("jwt issuer invalid")) return "issuer";
  if (error.message.startsWith("jwt audience invalid")) return "audience";
  if (/^invalid (exp|nbf) value$/.test(error.message)) return "claims";
  return "malformed";
}
