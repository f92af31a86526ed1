import type { IdentityConfig } from "../config.js";
import { InvalidToken } from "./invalid-token.js";
import type { Standing } from "./trusted-issuers.js";
import { serviceKeyScopes, type Viewer, type ViewerRole } from "./viewer.js";

/** The payload of a token whose signature, issuer and audience are verified. */
export type VerifiedClaims = Readonly<Record<string, unknown>>;

type ClaimNames = IdentityConfig["claims"];

const LONGEST_ID = 200;
const LONGEST_EMAIL = 320;
const LONGEST_NAME = 200;
/** The last moment that a JavaScript date can be, in seconds. */
const LAST_SECOND = 8.64e12;
/** Control characters, which Postgres's text cannot hold in part, and halves of a surrogate pair, which would turn into each other there. */
const unstorable = /[\p{Cc}\p{Cs}]/u;

/** Reads the caller out of verified claims. Throws InvalidToken (`claims`) naming the claim that is missing or malformed. */
export function readViewer(payload: VerifiedClaims, names: ClaimNames, standing: Standing): Viewer {
  const subject = readId(payload, "sub");
  if (subject === null) throw new InvalidToken("claims", "The token has no `sub` claim.");

  const roles = readRoles(payload, names, standing);
  const payerId = standing === "administrators only" || roles.has("SERVICE") ? null : readId(payload, names.payer);
  if (payerId !== null) roles.add("CUSTOMER");
  if (roles.size === 0) throw new InvalidToken("claims", missingClaim(names, standing));

  return {
    subject,
    payerId,
    roles,
    scopes: new Set(roles.has("SERVICE") ? serviceKeyScopes : []),
    serviceKeyId: null,
    canManageBilling: roles.has("ADMIN") || (payerId !== null && managesBilling(payload, names)),
    email: readText(payload, "email", LONGEST_EMAIL),
    name: readText(payload, "name", LONGEST_NAME),
    expiresAt: readExpiry(payload),
  };
}

function missingClaim({ payer, roles }: ClaimNames, standing: Standing): string {
  return standing === "administrators only"
    ? `The token's \`${roles}\` claim does not make an administrator, and its issuer names nobody else.`
    : `The token has no \`${payer}\` claim, which names who pays.`;
}

/** ADMIN and SERVICE as the token grants them, where it may; CUSTOMER depends on the payer. */
function readRoles(payload: VerifiedClaims, names: ClaimNames, standing: Standing): Set<ViewerRole> {
  const granted = readWords(payload, names.roles);
  const roles = new Set<ViewerRole>();
  if (granted.includes(names.adminRole) && standing !== "all but administrators") roles.add("ADMIN");
  if (granted.includes(names.serviceRole) && standing !== "administrators only") roles.add("SERVICE");
  return roles;
}

function readWords(payload: VerifiedClaims, name: string): unknown[] {
  const value = claim(payload, name);
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return value.split(" ");
  throw new InvalidToken("claims", `The token's \`${name}\` claim must be a list or a text.`);
}

function managesBilling(payload: VerifiedClaims, { payer, manager }: ClaimNames): boolean {
  // Who pays for themselves needs nobody's leave; without a claim to go by, nobody else gets any.
  if (!manager) return payer === "sub";
  const value = claim(payload, manager.name);
  if (manager.value === null) return value === true;
  return Array.isArray(value) ? value.includes(manager.value) : value === manager.value;
}

/** An identifier, or null where the claim is absent. A malformed one is refused, never taken for absent. */
function readId(payload: VerifiedClaims, name: string): string | null {
  const value = claim(payload, name);
  if (value === undefined || value === null) return null;
  const isId =
    typeof value === "string" && value.trim() !== "" && value.length <= LONGEST_ID && !unstorable.test(value);
  if (!isId)
    throw new InvalidToken("claims", `The token's \`${name}\` claim must be a text of 1 to ${LONGEST_ID} characters.`);
  return value;
}

/** Something for people to read; it decides nothing, so a malformed one is left out rather than refused. */
function readText(payload: VerifiedClaims, name: string, longest: number): string | null {
  const value = claim(payload, name);
  const isText = typeof value === "string" && value.trim() !== "" && value.length <= longest && !unstorable.test(value);
  return isText ? value : null;
}

function readExpiry(payload: VerifiedClaims): Date {
  const seconds = claim(payload, "exp");
  if (typeof seconds !== "number" || Math.abs(seconds) > LAST_SECOND) {
    throw new InvalidToken("claims", "The token has no usable `exp` claim: tokens must expire.");
  }
  return new Date(seconds * 1000);
}

/**
 * The claim of that name, or else what a dotted name leads to in nested objects: `app_metadata.roles`.
 * A key that has dots of its own is found as it stands. What every object inherits is no claim.
 */
function claim(payload: VerifiedClaims, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
    const head = name.slice(0, dot);
    const inner = Object.hasOwn(payload, head) ? payload[head] : undefined;
    const found = isNested(inner) ? claim(inner, name.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function isNested(value: unknown): value is VerifiedClaims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
