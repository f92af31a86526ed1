import { desc, sql } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import type { Catalog, CatalogDefinition, CatalogPrice } from "./catalog.js";
import { type CatalogVersionRow, catalogPrices, catalogVersions } from "./catalog.table.js";

/** The catalog in force; undefined before the first push. */
export async function findCatalog(db: Db): Promise<Catalog | undefined> {
  // One snapshot, so that a push in between cannot pair a new version with old prices.
  return db.transaction(
    async (snapshot) => {
      const newest = await findNewestVersion(snapshot);
      if (!newest) return undefined;
      return { ...newest.definition, version: newest.version, prices: await listPrices(snapshot) };
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

/** The newest version as it was pushed. */
export async function findNewestVersion(db: Db): Promise<CatalogVersionRow | undefined> {
  const [newest] = await db.select().from(catalogVersions).orderBy(desc(catalogVersions.version)).limit(1);
  return newest;
}

/** Every price ever sold. */
export function listPrices(db: Db): Promise<CatalogPrice[]> {
  return db
    .select({
      id: catalogPrices.id,
      tierSlug: catalogPrices.tierSlug,
      interval: catalogPrices.interval,
      currency: catalogPrices.currency,
      unitAmount: catalogPrices.unitAmount,
      isTaxInclusive: catalogPrices.isTaxInclusive,
      stripePriceId: catalogPrices.stripePriceId,
      isActive: catalogPrices.isActive,
    })
    .from(catalogPrices)
    .orderBy(catalogPrices.id);
}

/** Keeps other pushes waiting until this transaction ends. */
export async function lockCatalog(transaction: Db): Promise<void> {
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended('catalog', 0))`);
}

/** Adds a version, which is the one in force from then on. */
export async function insertVersion(
  db: Db,
  version: { hash: string; definition: CatalogDefinition; pushedAt: Date },
): Promise<number> {
  const [row] = await db.insert(catalogVersions).values(version).returning({ version: catalogVersions.version });
  if (!row) throw new Error("Postgres did not return the version it stored.");
  return row.version;
}

/** Adds a price, or brings its row up to date. */
export async function upsertPrice(db: Db, price: CatalogPrice): Promise<void> {
  const { stripePriceId, isActive } = price;
  await db
    .insert(catalogPrices)
    .values(price)
    .onConflictDoUpdate({
      target: catalogPrices.id,
      set: { stripePriceId, isActive, updatedAt: new Date() },
    });
}
