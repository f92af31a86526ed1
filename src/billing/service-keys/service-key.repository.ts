import { and, desc, eq, inArray, isNull, sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import { type ServiceKeyRow, serviceKeys } from "./service-key.table.js";
import type { UsesByKey } from "./service-key.use.js";

const byHash = prepared((db) =>
  db
    .select()
    .from(serviceKeys)
    .where(sql`${serviceKeys.hash} = any(${sql.placeholder("hashes")}::text[])`)
    .prepare("service_keys_by_hash"),
);

/** The keys with these hashes, in no order. */
export function findKeysByHash(db: Db, hashes: readonly string[]): Promise<ServiceKeyRow[]> {
  return byHash(db).execute({ hashes: [...hashes] });
}

/** The keys with these IDs, in no order. */
export function findKeys(db: Db, ids: readonly string[]): Promise<ServiceKeyRow[]> {
  return db
    .select()
    .from(serviceKeys)
    .where(inArray(serviceKeys.id, [...ids]));
}

/** Every key there ever was, newest first. */
export function findAllKeys(db: Db): Promise<ServiceKeyRow[]> {
  return db.select().from(serviceKeys).orderBy(desc(serviceKeys.createdAt), desc(serviceKeys.id));
}

export async function insertKey(db: Db, key: typeof serviceKeys.$inferInsert): Promise<ServiceKeyRow> {
  const [row] = await db.insert(serviceKeys).values(key).returning();
  if (!row) throw new Error("A service key was inserted and gave no row.");
  return row;
}

/** Revokes a key; undefined when there is none, or it was revoked already. */
export async function markRevoked(db: Db, id: string, revokedAt: Date): Promise<ServiceKeyRow | undefined> {
  const stillGood = and(eq(serviceKeys.id, id), isNull(serviceKeys.revokedAt));
  return (await db.update(serviceKeys).set({ revokedAt }).where(stillGood).returning())[0];
}

/** Notes when keys were used, where the last note is this old. */
export async function markUsed(db: Db, uses: UsesByKey, everyMs: number): Promise<void> {
  const ids = sql.param([...uses.keys()]);
  // As texts: Drizzle has taken the driver's own way to write times.
  const times = sql.param([...uses.values()].map((usedAt) => usedAt.toISOString()));
  await db.execute(sql`
    update ${serviceKeys} as key set last_used_at = used.at
    from (select id, at::timestamptz from unnest(${ids}::uuid[], ${times}::text[]) as told (id, at)) as used
    where key.id = used.id
      and (key.last_used_at is null or key.last_used_at <= used.at - ${everyMs}::int * interval '1 millisecond')`);
}
