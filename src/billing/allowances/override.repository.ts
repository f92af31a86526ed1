import { and, eq, isNull, lte } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import { entitlementOverrides, type OverrideRow, tierGrants } from "./allowance.table.js";

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

/** Customers of whom something lapsed that was not told yet, and when. */
export async function findUntoldLapses(db: Db, now: Date, limit: number): Promise<{ userId: string; endsAt: Date }[]> {
  const found: { userId: string; endsAt: Date | null }[] = [];
  for (const table of [entitlementOverrides, tierGrants]) {
    const isDue = and(isNull(table.lapseToldAt), lte(table.endsAt, now));
    found.push(
      ...(await db.select({ userId: table.userId, endsAt: table.endsAt }).from(table).where(isDue).limit(limit)),
    );
  }
  return found.flatMap(({ userId, endsAt }) => (endsAt ? [{ userId, endsAt }] : []));
}

/** Notes that what lapsed of a customer was told. */
export async function markLapsesTold(db: Db, userId: string, now: Date): Promise<void> {
  for (const table of [entitlementOverrides, tierGrants]) {
    const isTold = and(eq(table.userId, userId), isNull(table.lapseToldAt), lte(table.endsAt, now));
    await db.update(table).set({ lapseToldAt: now }).where(isTold);
  }
}
