import { and, eq, isNull, lte } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import { entitlementOverrides, type GrantRow, type OverrideRow, tierGrants } from "./allowance.table.js";

/** One customer's own setting for a feature, also one that has lapsed. */
export async function findOverride(db: Db, userId: string, featureKey: string): Promise<OverrideRow | undefined> {
  return (await db.select().from(entitlementOverrides).where(ofBoth(userId, featureKey)))[0];
}

/** Writes a setting, in place of an earlier one. */
export async function storeOverride(db: Db, row: OverrideRow): Promise<void> {
  const target = [entitlementOverrides.userId, entitlementOverrides.featureKey];
  await db.insert(entitlementOverrides).values(row).onConflictDoUpdate({ target, set: row });
}

/** Takes a setting away. */
export async function deleteOverride(db: Db, userId: string, featureKey: string): Promise<void> {
  await db.delete(entitlementOverrides).where(ofBoth(userId, featureKey));
}

function ofBoth(userId: string, featureKey: string) {
  return and(eq(entitlementOverrides.userId, userId), eq(entitlementOverrides.featureKey, featureKey));
}

/** Customers of whom something lapsed that was not told yet; somebody may be named twice. */
export async function findUntoldLapses(db: Db, now: Date, limit: number): Promise<string[]> {
  const found: { userId: string }[] = [];
  for (const table of [entitlementOverrides, tierGrants]) {
    const isDue = and(isNull(table.lapseToldAt), lte(table.endsAt, now));
    found.push(...(await db.select({ userId: table.userId }).from(table).where(isDue).limit(limit)));
  }
  return found.map(({ userId }) => userId);
}

/** What lapsed of a customer. */
export interface Lapses {
  /** When the first of it lapsed. */
  readonly firstEnd: Date;
  readonly grants: readonly GrantRow[];
}

/** Notes that what lapsed of a customer was told; undefined when there was nothing left to tell. */
export async function markLapsesTold(db: Db, userId: string, now: Date): Promise<Lapses | undefined> {
  const isUntold = (table: typeof entitlementOverrides | typeof tierGrants) =>
    and(eq(table.userId, userId), isNull(table.lapseToldAt), lte(table.endsAt, now));
  const told = { lapseToldAt: now };
  const overrides = await db
    .update(entitlementOverrides)
    .set(told)
    .where(isUntold(entitlementOverrides))
    .returning({ endsAt: entitlementOverrides.endsAt });
  const grants = await db.update(tierGrants).set(told).where(isUntold(tierGrants)).returning();
  const ends = [...overrides, ...grants].flatMap(({ endsAt }) => endsAt ?? []);
  const [firstEnd] = ends.toSorted((a, b) => a.getTime() - b.getTime());
  return firstEnd && { firstEnd, grants };
}
