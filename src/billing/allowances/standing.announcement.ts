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

/** Most features in one announcement. */
const mostTogether = 150;

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
  const occurredAt = inside.now().toISOString();
  // A key has at most 40 characters, and an announcement must stay below 8,000 bytes: too long a one would undo the write.
  for (let from = 0; from < features.length; from += mostTogether) {
    const facts = { features: features.slice(from, from + mostTogether), cause, occurredAt };
    await announce(inside.db, { kind: entitlementsKind, subject: userId, facts });
  }
}
