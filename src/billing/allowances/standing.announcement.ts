import { z } from "zod";
import type { Deps } from "../../deps.js";
import { announce } from "../../live/announce.js";
import { changedFeatures, type Standing } from "./allowance.js";
import { standingsOf } from "./standing.service.js";

/** What caused a change, as live updates name it. */
export const changeCauses = ["ADMIN", "CUSTOMER", "PAYMENT", "RENEWAL", "TRIAL_END", "USAGE"] as const;
export type ChangeCause = (typeof changeCauses)[number];

/** The kind of announcement; `tell_usage` in the database makes the same. */
export const entitlementsKind = "entitlements";

/** What a committed change of a customer's entitlements says of itself. */
export const entitlementFacts = z.object({
  features: z.array(z.string()),
  cause: z.enum(changeCauses),
  occurredAt: z.coerce.date(),
});

/**
 * Tells which entitlements a write has changed, when its transaction commits: none, and nothing is told.
 *
 * `before` is how the customer stood for those who listen; how they stand now is read here.
 */
export async function announceEntitlements(
  inside: Deps,
  userId: string,
  before: readonly Standing[],
  cause: ChangeCause,
): Promise<void> {
  const features = changedFeatures(before, await standingsOf(inside, userId));
  if (features.length === 0) return;
  const facts = { features, cause, occurredAt: inside.now().toISOString() };
  await announce(inside.db, { kind: entitlementsKind, subject: userId, facts });
}
