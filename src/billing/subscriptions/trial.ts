import type { Deps } from "../../deps.js";
import type { CatalogTier } from "../catalog/catalog.js";
import { findUsersWithTrial } from "./subscription.repository.js";

/** Whether buying a tier begins with a trial: where the tier has one, and once for each customer, whatever the tier. */
export function mayStartTrial({ trialDays }: Pick<CatalogTier, "trialDays">, hadTrial: boolean): boolean {
  return trialDays > 0 && !hadTrial;
}

/** Whether any subscription of this user, running or over, began with a trial. */
export async function hadTrial(deps: Deps, userId: string): Promise<boolean> {
  return (await findUsersWithTrial(deps.db, [userId])).length > 0;
}

/** `hadTrial` of each user, in the order asked for: the batch behind a loader. */
export async function loadTrialHistory(deps: Deps, userIds: readonly string[]): Promise<boolean[]> {
  const users = new Set(await findUsersWithTrial(deps.db, userIds));
  return userIds.map((userId) => users.has(userId));
}
