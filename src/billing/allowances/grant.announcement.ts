import type { Deps } from "../../deps.js";
import { announce } from "../../live/announce.js";
import type { GrantRow } from "./allowance.table.js";

/**
 * Tells that a given tier began, changed or ended, when the transaction commits: to the customer it is a subscription,
 * and `subscription.live.ts` reads it. `previousStatus` is null for one that begins.
 */
export function announceGrant(inside: Deps, { id, userId }: GrantRow, previousStatus: "ACTIVE" | null): Promise<void> {
  const facts = { subscriptionId: id, previousStatus, cause: "ADMIN", occurredAt: inside.now().toISOString() };
  return announce(inside.db, { kind: "subscription", subject: userId, facts });
}
