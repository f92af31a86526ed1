import { and, sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import { belongsToOwners, type Owners, ownersParameter } from "../../db/owners.js";
import { type GrantRow, tierGrants } from "./allowance.table.js";

const byId = prepared((db) =>
  db
    .select()
    .from(tierGrants)
    .where(and(sql`${tierGrants.id} = any(${sql.placeholder("ids")}::uuid[])`, belongsToOwners(tierGrants.userId)))
    .prepare("tier_grants_by_id"),
);

/** The rows of these grants, in no order; somebody else's are left out. */
export function findGrants(db: Db, owners: Owners, ids: readonly string[]): Promise<GrantRow[]> {
  return byId(db).execute({ ids: [...ids], owners: ownersParameter(owners) });
}

const newest = prepared((db) =>
  db
    .selectDistinctOn([tierGrants.userId])
    .from(tierGrants)
    .where(sql`${tierGrants.userId} = any(${sql.placeholder("userIds")}::uuid[])`)
    .orderBy(tierGrants.userId, sql`${tierGrants.startedAt} desc`, sql`${tierGrants.id} desc`)
    .prepare("newest_tier_grants"),
);

/** The newest grant of each of these users, running or over, in no order; who never had one is left out. */
export function findNewestGrants(db: Db, userIds: readonly string[]): Promise<GrantRow[]> {
  return newest(db).execute({ userIds: [...userIds] });
}

/** Writes a grant, in place of what its row said before. */
export async function storeGrant(db: Db, row: typeof tierGrants.$inferInsert): Promise<GrantRow> {
  const { id: _kept, ...set } = row;
  const [stored] = await db
    .insert(tierGrants)
    .values(row)
    .onConflictDoUpdate({ target: tierGrants.id, set })
    .returning();
  if (!stored) throw new Error(`A grant for ${row.userId} was not returned.`);
  return stored;
}
