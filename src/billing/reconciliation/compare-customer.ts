import type { Deps } from "../../deps.js";
import { isPassing } from "../passing.js";
import { lockCustomer } from "../users/customer-lock.js";
import type { Sides } from "../users/sides.js";
import { commit } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import { type Difference, differencesIn, isDifferent } from "./difference.js";
import { keepDifferences, markRepaired, presumeRepaired } from "./difference.repository.js";
import { listSides, lookAgain, type ObjectName, prepareRepair } from "./reconciled-kinds.js";
import type { Tally } from "./reconciliation.repository.js";
import type { ReconciliationRow } from "./reconciliation.table.js";

/** What was found of one object. */
interface Finding {
  readonly object: ObjectName;
  readonly differences: readonly Difference[];
}

/**
 * Compares everything that is kept of a customer with what Stripe has, and repairs it if asked to.
 *
 * A first look is without a lock, so that a customer with a long history can go on meanwhile; what looks wrong is
 * looked at again under the customer's lock. Everything is looked at before anything is repaired: repairing an
 * invoice repairs its payments too, and that they were wrong is to be told. May be cut off and run again.
 */
export async function compareCustomer(deps: Deps, comparison: ReconciliationRow, user: UserRow): Promise<Tally> {
  if (comparison.repair) await presumeRepaired(deps.db, comparison.id, user.id);
  const sides = await listSides(deps, user);
  const findings: Finding[] = [];
  for (const suspect of sides.filter(isDifferent)) {
    const differences = await confirm(deps, user, suspect);
    if (differences.length === 0) continue;
    await keepDifferences(deps.db, comparison.id, user.id, suspect, differences);
    findings.push({ object: suspect, differences });
  }
  const remaining = comparison.repair ? await repairAll(deps, comparison, user, findings) : findings;
  for (const finding of findings) tell(deps, comparison, finding, remaining);
  const found = countOf(findings);
  return { checked: sides.length, differences: found, repaired: found - countOf(remaining) };
}

function confirm(deps: Deps, user: UserRow, suspect: Sides): Promise<Difference[]> {
  return lockCustomer(deps, user.id, async () => {
    const sides = await lookAgain(deps, user, suspect);
    return sides ? differencesIn(sides) : [];
  });
}

/** Gives what differs still. */
async function repairAll(
  deps: Deps,
  { id }: ReconciliationRow,
  user: UserRow,
  findings: readonly Finding[],
): Promise<Finding[]> {
  const remaining: Finding[] = [];
  for (const finding of findings) {
    const differences = await repair(deps, user, finding);
    const fields = differences.map(({ field }) => field);
    await markRepaired(deps.db, id, finding.object, fields);
    if (differences.length > 0) remaining.push({ ...finding, differences });
  }
  return remaining;
}

async function repair(deps: Deps, user: UserRow, { object, differences }: Finding): Promise<readonly Difference[]> {
  try {
    return await lockCustomer(deps, user.id, async () => {
      const sides = await lookAgain(deps, user, object);
      if (!sides || !isDifferent(sides)) return [];
      await commit(deps, await prepareRepair(deps, user, sides));
      const after = await lookAgain(deps, user, object);
      const found = after ? differencesIn(after) : [];
      return differences.filter(({ field }) => found.some((each) => each.field === field));
    });
  } catch (error) {
    if (isPassing(error)) throw error;
    deps.log.error({ kind: object.kind, object: object.stripeId, err: error }, "a difference could not be repaired");
    return differences;
  }
}

/** Names and numbers only: values may be personal data. */
function tell(deps: Deps, { id }: ReconciliationRow, finding: Finding, remaining: readonly Finding[]): void {
  const { object, differences } = finding;
  const fields = differences.map(({ field }) => field ?? "(all)");
  const isRepaired = !remaining.some((one) => one.object === object);
  deps.log.warn(
    { reconciliation: id, kind: object.kind, object: object.stripeId, fields, isRepaired },
    "a record differs from Stripe's",
  );
  for (const _difference of differences) deps.metrics.count("billing_reconciliation_differences_total");
}

function countOf(findings: readonly Finding[]): number {
  return findings.reduce((sum, { differences }) => sum + differences.length, 0);
}
