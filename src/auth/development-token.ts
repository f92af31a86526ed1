import { createSecretKey } from "node:crypto";
import jwt from "jsonwebtoken";
import type { IdentityConfig } from "../config.js";

/** Whom a development token is for. */
export interface DevelopmentPerson {
  readonly sub: string;
  readonly email?: string;
  readonly name?: string;
  readonly role?: "admin" | "service";
  /** Who pays, where that is not the person. */
  readonly payer?: string;
}

/** A day, in seconds. */
const DAY = 86_400;

/**
 * Signs a token as the host product would, for development and tests. Throws in production.
 *
 * Where a claim must let people manage billing, the token has it: a developer wants to see everything.
 */
export function developmentToken(
  identity: IdentityConfig,
  person: DevelopmentPerson,
  expiresInSeconds: number = DAY,
): string {
  if (identity.mode === "production")
    throw new Error("Development tokens do not exist in production: your product signs the tokens.");
  const [secret] = identity.jwt.secrets;
  if (secret === undefined) throw new Error("Development tokens need JWT_SECRET.");
  const { issuer, audience } = intendedFor(identity, person);
  return jwt.sign(claimsOf(identity.claims, person), createSecretKey(Buffer.from(secret)), {
    algorithm: "HS256",
    issuer,
    audience,
    expiresIn: expiresInSeconds,
  });
}

function intendedFor({ jwt: everybody, admin }: IdentityConfig, { role }: DevelopmentPerson) {
  if (role !== "admin" || !admin) return everybody;
  if (admin.jwksUrl) throw new Error("ADMIN_JWKS_URL is set: an administrator's token comes from ADMIN_ISSUER.");
  return admin;
}

function claimsOf(
  claims: IdentityConfig["claims"],
  { sub, email, name, role, payer }: DevelopmentPerson,
): Record<string, unknown> {
  if (payer !== undefined && claims.payer === "sub") {
    throw new Error("A payer of its own needs BILLING_ACCOUNT_CLAIM: now `sub` pays.");
  }
  if (payer === undefined && claims.payer !== "sub" && role === undefined) {
    throw new Error(`Say who pays: BILLING_ACCOUNT_CLAIM is \`${claims.payer}\`, and a customer's token needs it.`);
  }
  const roles = role === undefined ? [] : [role === "admin" ? claims.adminRole : claims.serviceRole];
  const manager = claims.manager && { [claims.manager.name]: claims.manager.value ?? true };
  // The roles may be the very claim that makes a manager.
  const sharesClaim = claims.manager?.name === claims.roles && claims.manager.value !== null;
  return {
    ...manager,
    ...(payer === undefined ? {} : { [claims.payer]: payer }),
    [claims.roles]: sharesClaim ? [...roles, claims.manager?.value] : roles,
    sub,
    ...(email === undefined ? {} : { email }),
    ...(name === undefined ? {} : { name }),
  };
}
