import type { Deps } from "../../deps.js";
import type { CatalogTier } from "../catalog/catalog.js";
import type { Payer } from "../users/payer.js";
import { emailMark } from "../users/person-marks.js";
import { loadCustomers } from "../users/user.service.js";
import { findUsersWithTrial } from "./subscription.repository.js";
import { findMarksOfTrials } from "./trial-redemption.repository.js";

/** Who might begin a trial. The e-mail address is that of the token, as not everybody is on record. */
export type TrialSeeker = Pick<Payer, "userId" | "email">;

/** Whether buying a tier begins with a trial: where the tier has one, and once for each person, whatever the tier. */
export function mayStartTrial({ trialDays }: Pick<CatalogTier, "trialDays">, hadTrial: boolean): boolean {
  return trialDays > 0 && !hadTrial;
}

/**
 * Whether any subscription of this user, running or over, began with a trial, or one of somebody with the same mailbox or
 * card: by what is on record, without asking Stripe.
 */
export async function hadTrial(deps: Deps, seeker: TrialSeeker): Promise<boolean> {
  const [had = false] = await loadTrialHistory(deps, [seeker]);
  return had;
}

/** `hadTrial` of each user, in the order asked for: the batch behind a loader. */
export async function loadTrialHistory(deps: Deps, seekers: readonly TrialSeeker[]): Promise<boolean[]> {
  const userIds = seekers.map(({ userId }) => userId);
  const [own, marks] = await Promise.all([findUsersWithTrial(deps.db, userIds), loadMarks(deps, seekers)]);
  const known = marks.flat().length > 0 ? await findMarksOfTrials(deps.db, marks.flat()) : new Set<string>();
  const users = new Set(own);
  return userIds.map((userId, index) => users.has(userId) || (marks[index] ?? []).some((mark) => known.has(mark)));
}

/** What each of them may be recognised by; nothing where a trial is once for an account. */
async function loadMarks(deps: Deps, seekers: readonly TrialSeeker[]): Promise<string[][]> {
  const { trialOnce, trialKey } = deps.settings;
  if (trialOnce === "account") return [];
  const users = await loadCustomers(
    deps,
    seekers.map(({ userId }) => userId),
  );
  return seekers.map(({ email }, index) => {
    const user = users[index];
    const marks = [emailMark(trialKey, email), emailMark(trialKey, user?.email ?? null), user?.cardMark ?? null];
    return marks.filter((mark) => mark !== null);
  });
}
