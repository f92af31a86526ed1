import { and, asc, count, eq, inArray, isNull, lt, lte, ne, or, sql } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import { keyset, newestFirst, type Slice } from "../../db/keyset.js";
import { type ReconciliationRow, reconciliations } from "./reconciliation.table.js";

/** A comparison to begin. */
export type NewReconciliation = Pick<ReconciliationRow, "userId" | "repair" | "actor" | "reason">;

/** Begins a comparison; undefined when one of the same scope is running. */
export async function insertRunning(db: Db, order: NewReconciliation): Promise<ReconciliationRow | undefined> {
  const row = { ...order, startedAt: new Date() };
  return (await db.insert(reconciliations).values(row).onConflictDoNothing().returning())[0];
}

/** The comparison of this scope that is running. */
export async function findRunning(db: Db, userId: string | null): Promise<ReconciliationRow | undefined> {
  const isScope = userId === null ? isNull(reconciliations.userId) : eq(reconciliations.userId, userId);
  return (
    await db
      .select()
      .from(reconciliations)
      .where(and(isScope, eq(reconciliations.status, "RUNNING")))
  )[0];
}

/** The comparisons that are running, the oldest first. */
export function listRunning(db: Db): Promise<ReconciliationRow[]> {
  const { status, startedAt, id } = reconciliations;
  return db.select().from(reconciliations).where(eq(status, "RUNNING")).orderBy(asc(startedAt), asc(id));
}

/** These comparisons, in no order. */
export function findReconciliations(db: Db, ids: readonly string[]): Promise<ReconciliationRow[]> {
  return db
    .select()
    .from(reconciliations)
    .where(inArray(reconciliations.id, [...ids]));
}

/** A slice of all comparisons, in the order that the slice is read in. */
export function listReconciliations(db: Db, slice: Slice): Promise<ReconciliationRow[]> {
  const { where, orderBy } = keyset(newestFirst(reconciliations.startedAt, reconciliations.id), slice);
  return db
    .select()
    .from(reconciliations)
    .where(where)
    .orderBy(...orderBy)
    .limit(slice.limit);
}

export async function countReconciliations(db: Db): Promise<number> {
  const [row] = await db.select({ total: count() }).from(reconciliations);
  return row?.total ?? 0;
}

/** Claims a running comparison until a moment; undefined when somebody has it, or it has ended. */
export async function claim(db: Db, id: string, until: Date): Promise<ReconciliationRow | undefined> {
  const { claimedUntil, status } = reconciliations;
  const isFree = or(isNull(claimedUntil), lte(claimedUntil, new Date()));
  return (
    await db
      .update(reconciliations)
      .set({ claimedUntil: until })
      .where(and(eq(reconciliations.id, id), eq(status, "RUNNING"), isFree))
      .returning()
  )[0];
}

/** Changes until when a claim holds, for whoever has it; null lets go of it. */
export async function changeClaim(db: Db, id: string, held: Date, until: Date | null): Promise<void> {
  const isHeld = and(eq(reconciliations.id, id), eq(reconciliations.claimedUntil, held));
  await db.update(reconciliations).set({ claimedUntil: until }).where(isHeld);
}

/** What a step of a comparison has come to. */
export interface Tally {
  readonly checked: number;
  readonly differences: number;
  readonly repaired: number;
}

/** Writes how far a comparison has come, together with what that step came to. One that has moved on meanwhile, or ended, stays as it is. */
export async function advance(db: Db, { id, cursor }: ReconciliationRow, next: string, tally: Tally): Promise<void> {
  const isWhereItWas = sql`${reconciliations.cursor} is not distinct from ${cursor}`;
  await db
    .update(reconciliations)
    .set({ cursor: next, ...added(tally) })
    .where(and(eq(reconciliations.id, id), eq(reconciliations.status, "RUNNING"), isWhereItWas));
}

/** Ends a comparison: as failed where a customer could not be compared. */
export async function finish(db: Db, id: string, tally: Tally): Promise<void> {
  await db
    .update(reconciliations)
    .set({
      status: sql`case when ${reconciliations.lastError} is null then 'FINISHED' else 'FAILED' end::reconciliation_status`,
      finishedAt: new Date(),
      ...added(tally),
    })
    .where(and(eq(reconciliations.id, id), eq(reconciliations.status, "RUNNING")));
}

function added({ checked, differences, repaired }: Tally) {
  return {
    checkedCount: sql`${reconciliations.checkedCount} + ${checked}`,
    differenceCount: sql`${reconciliations.differenceCount} + ${differences}`,
    repairedCount: sql`${reconciliations.repairedCount} + ${repaired}`,
  };
}

/** Notes why a customer could not be compared. */
export async function noteProblem(db: Db, id: string, lastError: string): Promise<void> {
  await db.update(reconciliations).set({ lastError }).where(eq(reconciliations.id, id));
}

/** Deletes what comparisons that began before this moment have left; those that run still stay. */
export async function deleteBefore(db: Db, moment: Date): Promise<void> {
  await db
    .delete(reconciliations)
    .where(and(lt(reconciliations.startedAt, moment), ne(reconciliations.status, "RUNNING")));
}
