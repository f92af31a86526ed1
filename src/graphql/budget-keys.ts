import { createHash } from "node:crypto";
import type { Viewer } from "../auth/viewer.js";

/** What a caller is to the limits: the most powerful of their roles. */
export type CallerKind = "anonymous" | "customer" | "service" | "admin";

export function kindOf(viewer: Viewer | null): CallerKind {
  if (!viewer) return "anonymous";
  if (viewer.roles.has("SERVICE")) return "service";
  return viewer.roles.has("ADMIN") ? "admin" : "customer";
}

/** Names a caller's bucket: by the subject of the token, without one by address. */
export function callerKey(kind: CallerKind, viewer: Viewer | null, address: () => string): string {
  return storable(`${kind}:${viewer ? viewer.subject : address()}`);
}

/**
 * Names the bucket for changes that reach Stripe: one for each account, and for each customer that a service names. Who
 * may not manage an account's billing will be refused, and must not use up what others need.
 */
export function moneyKey(caller: string, viewer: Viewer, named: string | null): string {
  if (viewer.roles.has("SERVICE")) return storable(`money of ${caller}:${named ?? ""}`);
  return storable(viewer.payerId && viewer.canManageBilling ? `money:${viewer.payerId}` : `money of ${caller}`);
}

/** Names come from others: one that a store could not hold, or find quickly, goes by its hash. */
function storable(name: string): string {
  if (/^[\x20-\x7e]{1,200}$/.test(name)) return name;
  return `hash:${createHash("sha256").update(name).digest("base64url")}`;
}
