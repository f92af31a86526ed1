import type { Deps } from "../../deps.js";
import { findRunningCounters } from "./usage-tracking.repository.js";

/** How much of each feature is used in its running period: by feature key, nothing for what was never used. */
export type UsedByFeature = ReadonlyMap<string, number>;

/** What each user has used, in the order asked for: the batch behind a loader. */
export async function loadUsed(deps: Deps, userIds: readonly string[]): Promise<UsedByFeature[]> {
  const used = new Map(userIds.map((userId) => [userId, new Map<string, number>()]));
  for (const counter of await findRunningCounters(deps.db, userIds, deps.now())) {
    used.get(counter.userId)?.set(counter.featureKey, counter.used);
  }
  return userIds.map((userId) => used.get(userId) ?? new Map());
}
