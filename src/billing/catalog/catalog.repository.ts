import { desc, eq, sql } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import type { Catalog, CatalogDefinition, CatalogPrice } from "./catalog.js";
import { type CatalogVersionRow, catalogPrices, catalogVersions, type StoredDefinition } from "./catalog.table.js";

/** The catalog in force; undefined before the first push. */
export async function findCatalog(db: Db): Promise<Catalog | undefined> {
  // One snapshot, so that a push in between cannot pair a new version with old prices.
  return db.transaction(
    async (snapshot) => {
      const newest = await findNewestVersion(snapshot);
      if (!newest) return undefined;
      const { definition, version, portalConfigurationId } = newest;
      return { ...definition, version, portalConfigurationId, prices: await listPrices(snapshot) };
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

/** A pushed version, with its definition as this release understands it. */
export interface CatalogVersion extends CatalogVersionRow {
  readonly definition: CatalogDefinition;
}

/** The newest version as it was pushed. */
export async function findNewestVersion(db: Db): Promise<CatalogVersion | undefined> {
  const [newest] = await db.select().from(catalogVersions).orderBy(desc(catalogVersions.version)).limit(1);
  return newest && { ...newest, definition: complete(newest.definition) };
}

/** What a release that knew less left out means what it meant then. */
function complete(definition: StoredDefinition): CatalogDefinition {
  const tiers = definition.tiers.map((tier) => ({
    ...tier,
    seats: tier.seats ?? { min: 1, max: 1 },
    graceDays: tier.graceDays ?? null,
    isTrialWithoutCard: tier.isTrialWithoutCard ?? false,
  }));
  const features = definition.features.map((each) => ({ ...each, isSelfReported: each.isSelfReported ?? false }));
  const { tax = { behavior: "exclusive", automatic: false }, earlierPrices = [] } = definition;
  return { ...definition, features, tax, tiers, earlierPrices };
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
    .orderBy(catalogPrices.id, catalogPrices.stripePriceId);
}

/** The lock that a push holds, by the name that `Locks` knows it by as well. */
export const catalogLock = "catalog";

/** Keeps other pushes waiting until this transaction ends. */
export async function lockCatalog(transaction: Db): Promise<void> {
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${catalogLock}, 0))`);
}

/** Adds a version, which is the one in force from then on. */
export async function insertVersion(
  db: Db,
  version: { hash: string; definition: CatalogDefinition; portalConfigurationId: string | null; pushedAt: Date },
): Promise<number> {
  const [row] = await db.insert(catalogVersions).values(version).returning({ version: catalogVersions.version });
  if (!row) throw new Error("Postgres did not return the version it stored.");
  return row.version;
}

/** Adds a price, or brings its row up to date. */
export async function upsertPrice(db: Db, price: CatalogPrice): Promise<void> {
  const target = [catalogPrices.stripePriceId, catalogPrices.currency];
  await db
    .insert(catalogPrices)
    .values(price)
    .onConflictDoUpdate({ target, set: { ...price, updatedAt: new Date() } });
}

/** Remembers the portal's settings that go with a version. */
export async function setPortalConfiguration(
  db: Db,
  version: number,
  portalConfigurationId: string | null,
): Promise<void> {
  await db.update(catalogVersions).set({ portalConfigurationId }).where(eq(catalogVersions.version, version));
}
