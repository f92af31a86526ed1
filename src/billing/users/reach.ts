import type { Viewer } from "../../auth/viewer.js";
import type { Owners } from "../../db/owners.js";
import { ownPayer } from "./payer.js";

/**
 * Whose accounts a caller may look into: their own, and everybody's for staff and for the host product's
 * back end, which may name any customer. Queries take it into `WHERE`.
 */
export function accountsOf(viewer: Viewer | null): Owners {
  if (!viewer) return [];
  if (viewer.roles.has("ADMIN") || viewer.roles.has("SERVICE")) return "EVERYBODY";
  const own = ownPayer(viewer);
  return own ? [own.userId] : [];
}

/** Whose money a caller may see: where an organisation pays, not every member may see its own account's. */
export function ledgersOf(viewer: Viewer | null): Owners {
  const accounts = accountsOf(viewer);
  return accounts === "EVERYBODY" || viewer?.canManageBilling ? accounts : [];
}

/** Whether a caller may spend and change things for an account: who manages its billing, and the host product's back end. */
export function mayActFor(viewer: Viewer | null, userId: string): boolean {
  if (!viewer) return false;
  return viewer.roles.has("SERVICE") || (viewer.canManageBilling && ownPayer(viewer)?.userId === userId);
}

/** Whether this user is among the owners. */
export function includes(owners: Owners, userId: string): boolean {
  return owners === "EVERYBODY" || owners.includes(userId);
}
