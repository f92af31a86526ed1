import type { ServiceKeyScope, Viewer } from "../../auth/viewer.js";
import type { Owners } from "../../db/owners.js";
import { ownPayer } from "./payer.js";

/**
 * Whose accounts a caller may look into: their own, and everybody's for staff and for the host product's
 * back end with CUSTOMERS_READ, which may name any customer. Queries take it into `WHERE`.
 */
export function accountsOf(viewer: Viewer | null): Owners {
  return reachOf(viewer, "CUSTOMERS_READ");
}

/** Whose tier, entitlements and use a caller may see. */
export function allowancesOf(viewer: Viewer | null): Owners {
  return reachOf(viewer, "CUSTOMERS_READ", "ENTITLEMENTS_READ");
}

/** Whose money a caller may see: where an organisation pays, not every member may see its own account's. */
export function ledgersOf(viewer: Viewer | null): Owners {
  return unlessMember(viewer, accountsOf(viewer));
}

/** Whose checkouts a caller may follow: those of whose money they see, and everybody's for a back end that opens them. */
export function checkoutsOf(viewer: Viewer | null): Owners {
  return unlessMember(viewer, reachOf(viewer, "CUSTOMERS_READ", "CHECKOUT_WRITE"));
}

/** Whose reservations of use a caller may see: their own, and everybody's for a back end that makes them. */
export function reservationsOf(viewer: Viewer | null): Owners {
  return reachOf(viewer, "CUSTOMERS_READ", "USAGE_WRITE");
}

/** Whether a caller may spend and change things for an account: who manages its billing, and the host product's back end. */
export function mayActFor(viewer: Viewer | null, userId: string): boolean {
  if (!viewer) return false;
  if (isServiceWith(viewer, "CHECKOUT_WRITE")) return true;
  return viewer.canManageBilling && ownPayer(viewer)?.userId === userId;
}

/** Whether it is the host product's back end that calls, with any of these scopes. */
export function isServiceWith(viewer: Viewer, ...scopes: readonly ServiceKeyScope[]): boolean {
  return viewer.roles.has("SERVICE") && scopes.some((scope) => viewer.scopes.has(scope));
}

/** Whether this user is among the owners. */
export function includes(owners: Owners, userId: string): boolean {
  return owners === "EVERYBODY" || owners.includes(userId);
}

function reachOf(viewer: Viewer | null, ...scopes: readonly ServiceKeyScope[]): Owners {
  if (!viewer) return [];
  if (viewer.roles.has("ADMIN") || isServiceWith(viewer, ...scopes)) return "EVERYBODY";
  const own = ownPayer(viewer);
  return own ? [own.userId] : [];
}

function unlessMember(viewer: Viewer | null, accounts: Owners): Owners {
  return accounts === "EVERYBODY" || viewer?.canManageBilling ? accounts : [];
}
