import { and, asc, count, eq, sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import type { Difference } from "./difference.js";
import { type DifferenceRow, reconciliationDifferences as differences } from "./reconciliation.table.js";

/** Most differences that are kept of one comparison. */
export const mostKept = 1_000;

const ofReconciliations = prepared((db) =>
  db
    .select()
    .from(differences)
    .where(sql`${differences.reconciliationId} = any(${sql.placeholder("ids")}::uuid[])`)
    .orderBy(asc(differences.id))
    .prepare("differences_of_reconciliations"),
);

/** What these comparisons found, in the order it was found. */
export function findDifferences(db: Db, reconciliationIds: readonly string[]): Promise<DifferenceRow[]> {
  return ofReconciliations(db).execute({ ids: [...reconciliationIds] });
}

/** Keeps what was found of an object, as not repaired, while there is room. The same found before is replaced. */
export async function keepDifferences(
  db: Db,
  reconciliationId: string,
  userId: string | null,
  object: Pick<Difference, "kind" | "stripeId">,
  found: readonly Difference[],
): Promise<void> {
  const names = namesOf(found.map(({ field }) => field));
  await db.delete(differences).where(and(isOf(reconciliationId, object), sql`${fieldName} = any(${names}::text[])`));
  const ofThis = eq(differences.reconciliationId, reconciliationId);
  const [kept] = await db.select({ total: count() }).from(differences).where(ofThis);
  const rows = found
    .slice(0, Math.max(0, mostKept - (kept?.total ?? 0)))
    .map((difference) => ({ ...difference, reconciliationId, userId }));
  if (rows.length > 0) await db.insert(differences).values(rows).onConflictDoNothing();
}

/** Marks the differences of an object as repaired, but for the fields that differ still. */
export async function markRepaired(
  db: Db,
  reconciliationId: string,
  object: Pick<Difference, "kind" | "stripeId">,
  remaining: readonly (string | null)[],
): Promise<void> {
  await db
    .update(differences)
    .set({ isRepaired: true })
    .where(and(isOf(reconciliationId, object), sql`not ${fieldName} = any(${namesOf(remaining)}::text[])`));
}

const fieldName = sql`coalesce(${differences.field}, '')`;

function namesOf(fields: readonly (string | null)[]) {
  return sql.param(fields.map((field) => field ?? ""));
}

function isOf(reconciliationId: string, { kind, stripeId }: Pick<Difference, "kind" | "stripeId">) {
  return and(
    eq(differences.reconciliationId, reconciliationId),
    eq(differences.kind, kind),
    eq(differences.stripeId, stripeId),
  );
}

/** Marks all that was kept of a user as repaired: what a try that was cut off left, and is found again if it stands still. */
export async function presumeRepaired(db: Db, reconciliationId: string, userId: string): Promise<void> {
  const isTheirs = and(eq(differences.reconciliationId, reconciliationId), eq(differences.userId, userId));
  await db
    .update(differences)
    .set({ isRepaired: true })
    .where(and(isTheirs, eq(differences.isRepaired, false)));
}
