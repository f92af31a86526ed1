import { createHmac } from "node:crypto";
import { pino } from "pino";
import { expect } from "vitest";
import { InvalidToken, type InvalidTokenReason, makeAuthenticator } from "../../src/auth/verify-token.js";
import type { Viewer } from "../../src/auth/viewer.js";
import { type IdentityConfig, readDevelopmentIdentity } from "../../src/config.js";
import { secondsFromNow } from "./token.js";

/** Identity as development has it, where persons pay. */
export const byPerson = readDevelopmentIdentity({});
/** The key of that identity. */
export const [secret = ""] = byPerson.jwt.secrets;
/** Claims of a token that is valid for it. */
export const ada = {
  sub: "ada",
  iss: byPerson.jwt.issuer,
  aud: byPerson.jwt.audience,
  exp: secondsFromNow(60),
};

/** Who sends this header, in a service that has just started. */
export function authenticate(header: string | undefined, identity: IdentityConfig = byPerson): Promise<Viewer | null> {
  return makeAuthenticator(identity, pino({ enabled: false }))(header);
}

/** Expects the header to be refused; null where any reason will do. */
export async function expectRefusal(
  reason: InvalidTokenReason | null,
  header: string,
  identity?: IdentityConfig,
  message?: RegExp,
): Promise<void> {
  const error = await refusalOf(header, identity);
  expect(error, header).toBeInstanceOf(InvalidToken);
  if (reason) expect(error?.reason, error?.message).toBe(reason);
  if (message) expect(error?.message).toMatch(message);
}

/** Why the header is refused, or null when it is not. */
export async function refusalOf(header: string, identity?: IdentityConfig): Promise<InvalidToken | null> {
  try {
    await authenticate(header, identity);
    return null;
  } catch (error) {
    if (error instanceof InvalidToken) return error;
    throw error;
  }
}

/** The header with a token of these claims. */
export function bearer(claims: object): string {
  return `Bearer ${sign(claims)}`;
}

/** Signs by hand, so that tokens which no library would make can be made. */
export function sign(
  payload: unknown,
  { key = secret, ...header }: { key?: string } & Record<string, unknown> = {},
): string {
  const content = `${encode({ alg: "HS256", typ: "JWT", ...header })}.${encode(payload)}`;
  const hash = header["alg"] === "HS512" ? "sha512" : "sha256";
  return `${content}.${createHmac(hash, key).update(content).digest("base64url")}`;
}

/** One part of a token. */
export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
