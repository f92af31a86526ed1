import { createHash, randomBytes } from "node:crypto";
import type { Viewer } from "../../auth/viewer.js";
import { globalId } from "../global-id.js";
import type { ServiceKeyRow } from "./service-key.table.js";

/** What every secret begins with, so that people and scanners know one when they see it. No JWT begins like this. */
const mark = "absk_";
const wholeSecret = /^absk_[\w-]{43}$/;
/** Shown for good: 42 random bits of 256, enough to tell keys apart and none to guess the rest from. */
const prefixLength = mark.length + 7;

/** The last moment that a JavaScript date can be. */
const never = new Date(8.64e15);

/** A new secret: 256 random bits. */
export function makeSecret(): string {
  return mark + randomBytes(32).toString("base64url");
}

/** Whether a text is meant as a service key. */
export function isMarked(text: string): boolean {
  return text.startsWith(mark);
}

/** Whether a text could be a secret of ours: what could not be need not be looked up. */
export function isWhole(text: string): boolean {
  return wholeSecret.test(text);
}

/** The part of a secret that may be shown, to recognise it by. */
export function prefixOf(secret: string): string {
  return secret.slice(0, prefixLength);
}

/** What is stored in a secret's place. A plain hash will do: nobody can try through 256 random bits. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Why a key opens nothing at this moment of the wall clock; undefined for one that does. */
export function faultOf(key: ServiceKeyRow, now: number): "revoked" | "expired" | undefined {
  if (key.revokedAt) return "revoked";
  return key.expiresAt && key.expiresAt.getTime() <= now ? "expired" : undefined;
}

/** Who calls with a key: a service, within the key's scopes, and nobody's account. */
export function toHolder({ id, scopes, expiresAt }: ServiceKeyRow): Viewer {
  return {
    subject: globalId("AdminServiceKey", id),
    payerId: null,
    roles: new Set(["SERVICE"]),
    scopes: new Set(scopes),
    serviceKeyId: id,
    canManageBilling: false,
    email: null,
    name: null,
    expiresAt: expiresAt ?? never,
  };
}
