import { createHmac } from "node:crypto";
import type { IdentityConfig } from "../../src/config.js";

/** What may be changed about a token that would be valid otherwise. */
export interface TokenOptions {
  /** `alg` in its header; HS256 unless given. */
  readonly alg?: string;
  /** What it is signed with; the service's key unless given, and nothing for an empty text. */
  readonly key?: string;
}

/** Signs a token by hand, so that tokens which no library would make can be made. Valid for an hour unless the claims say otherwise. */
export function signToken({ jwt }: IdentityConfig, claims: object, { alg = "HS256", key }: TokenOptions = {}): string {
  const payload = { iss: jwt.issuer, aud: jwt.audience, exp: secondsFromNow(3_600), ...claims };
  const content = `${encode({ alg, typ: "JWT" })}.${encode(payload)}`;
  if (key === "") return `${content}.`;
  const hash = alg === "HS512" ? "sha512" : "sha256";
  return `${content}.${createHmac(hash, key ?? jwt.secrets[0] ?? "")
    .update(content)
    .digest("base64url")}`;
}

/** A time as tokens tell it. */
export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
