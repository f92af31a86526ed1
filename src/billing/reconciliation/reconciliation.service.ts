import type { Slice } from "../../db/keyset.js";
import { type Deps, inTransaction } from "../../deps.js";
import { done, type Outcome, refuse } from "../../errors.js";
import { enqueue } from "../../jobs/enqueue.js";
import { reasonFault, recordAct } from "../audit/audit.js";
import { globalId, uuidOf } from "../global-id.js";
import { findCustomer } from "../users/user.service.js";
import { findDifferences } from "./difference.repository.js";
import { reconcileTask, workOn } from "./reconciliation.job.js";
import {
  countReconciliations,
  findReconciliations,
  findRunning,
  insertRunning,
  listReconciliations,
} from "./reconciliation.repository.js";
import type { DifferenceRow, ReconciliationRow } from "./reconciliation.table.js";

/** What to compare: one user, or everybody. */
export type Scope = { readonly userId: string | undefined } | "EVERYBODY";

/** A comparison to make. */
export interface Reconcile {
  readonly scope: Scope;
  readonly repair: boolean;
  readonly reason: string;
}

/** The scope that a global ID names: everybody without one. */
export function scopeOf(customerId: string | null | undefined): Scope {
  return typeof customerId === "string" ? { userId: uuidOf("Customer", customerId) } : "EVERYBODY";
}

/**
 * Compares our records with Stripe's. While one of the same scope runs, that one is the answer.
 *
 * One customer is compared at once, everybody by a job. What takes longer than `waitMs` goes on all the same.
 */
export async function reconcile(
  deps: Deps,
  actor: string,
  { scope, ...order }: Reconcile,
  waitMs: number,
): Promise<Outcome<ReconciliationRow>> {
  const fault = reasonFault(order.reason);
  if (fault) return fault;
  if (scope === "EVERYBODY") {
    const row = await beginReconciliation(deps, actor, { ...order, userId: null });
    await enqueue(deps.db, reconcileTask, { key: reconcileTask });
    return done(row);
  }
  const user = scope.userId === undefined ? undefined : await findCustomer(deps, scope.userId);
  if (!user) return refuse("NOT_FOUND", "There is no such customer on record.", { path: ["input", "customerId"] });
  const row = await beginReconciliation(deps, actor, { ...order, userId: user.id });
  await within(waitMs, workUnheard(deps, row.id));
  return done((await findReconciliations(deps.db, [row.id]))[0] ?? row);
}

/** A comparison to begin: of one user, or of everybody where that is null. */
type Order = Pick<ReconciliationRow, "userId" | "repair" | "reason">;

/** The comparison of this scope that runs, begun and put into the audit log now unless there was one. */
export async function beginReconciliation(deps: Deps, actor: string, order: Order): Promise<ReconciliationRow> {
  const begun = await inTransaction(deps, (inside) => insertAndRecord(inside, actor, order));
  // The one that ran may have ended just between the two.
  return begun ?? (await findRunning(deps.db, order.userId)) ?? beginReconciliation(deps, actor, order);
}

async function insertAndRecord(inside: Deps, actor: string, { userId, repair, reason }: Order) {
  const begun = await insertRunning(inside.db, { userId, repair, actor, reason });
  if (!begun) return undefined;
  const details = { reconciliationId: globalId("AdminReconciliation", begun.id), repair };
  await recordAct(inside, { actor, action: "reconciliation.start", userId, reason, details });
  return begun;
}

/** Never rejects: nobody may be waiting any more. */
async function workUnheard(deps: Deps, id: string): Promise<void> {
  try {
    if ((await workOn(deps, id)) === "MORE") await enqueue(deps.db, reconcileTask, { key: reconcileTask });
  } catch (error) {
    deps.log.error({ reconciliation: id, err: error }, "a comparison with Stripe failed");
  }
}

/** Resolves when the work has ended or the time is up. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}

/** All comparisons, newest first. */
export function allReconciliations(deps: Deps) {
  return {
    read: (slice: Slice) => listReconciliations(deps.db, slice),
    count: () => countReconciliations(deps.db),
  };
}

/** Those of the comparisons that there are, in no order. */
export function findComparisons(deps: Deps, ids: readonly string[]): Promise<ReconciliationRow[]> {
  return findReconciliations(deps.db, ids);
}

/** What each comparison found, in the order asked for: the batch behind a loader. */
export async function loadDifferences(deps: Deps, ids: readonly string[]): Promise<DifferenceRow[][]> {
  const rows = await findDifferences(deps.db, ids);
  return ids.map((id) => rows.filter(({ reconciliationId }) => reconciliationId === id));
}
