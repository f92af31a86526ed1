import { createHash } from "node:crypto";
import type { Db } from "../../db/client.js";
import { announce } from "../../live/announce.js";
import type { CatalogGateway, TierProductPrice } from "../../stripe/catalog-gateway.js";
import type { CatalogDefinition, CatalogPrice, CatalogTier } from "./catalog.js";
import { findNewestVersion, insertVersion, listPrices, lockCatalog, upsertPrice } from "./catalog.repository.js";
import { planChanges, readStripeTiers, type StripeTier, stripePriceFor } from "./catalog-plan.js";

export { type CatalogChange, planCatalog } from "./catalog-plan.js";

/** What a push needs: less than `Deps`, as it runs before there is a catalog. */
export interface PushDeps {
  readonly db: Db;
  readonly stripe: CatalogGateway;
  now(): Date;
}

/** What a push came to. */
export interface CatalogPush {
  /** What was changed in Stripe, a line each. */
  readonly changes: readonly string[];
  /** The version in force now. */
  readonly version: number;
  readonly isNewVersion: boolean;
}

/**
 * Makes Stripe match the definition, then the database match Stripe, and tells every process.
 *
 * Safe to repeat. Cut off anywhere, the next run does what is left: what is there is read from
 * Stripe, never assumed, and the database is written last. The lock is held all along, Stripe's
 * part too: two pushes in turn are one after the other, two at once could each undo the other.
 */
export async function pushCatalog(deps: PushDeps, definition: CatalogDefinition): Promise<CatalogPush> {
  return deps.db.transaction(async (db) => {
    await lockCatalog(db);
    const before = await readStripeTiers(deps.stripe);
    const changes = planChanges(deps.stripe, definition, before);
    for (const change of changes) await change.apply();

    const after = changes.length > 0 ? await readStripeTiers(deps.stripe) : before;
    const stored = await storeCatalog({ ...deps, db }, definition, after);
    return { changes: changes.map((change) => change.summary), ...stored };
  });
}

async function storeCatalog({ db, now }: PushDeps, definition: CatalogDefinition, inStripe: readonly StripeTier[]) {
  const newest = await findNewestVersion(db);
  const next = withRetiredTiers(definition, newest?.definition);
  const hash = hashOf(next);
  const kept = newest?.hash === hash ? newest.version : undefined;
  const version = kept ?? (await insertVersion(db, { hash, definition: next, pushedAt: now() }));

  const known = await listPrices(db);
  const changed = pricesOf(next, inStripe, known).filter((price) => !known.some((row) => isSame(row, price)));
  for (const price of changed) await upsertPrice(db, price);
  const isNewVersion = kept === undefined;
  if (isNewVersion || changed.length > 0) await announce(db, { kind: "catalog", subject: "catalog", facts: {} });
  return { version, isNewVersion };
}

/** A tier that left the file stays known, off the price list: its customers keep it. */
function withRetiredTiers(definition: CatalogDefinition, before: CatalogDefinition | undefined): CatalogDefinition {
  const listed = new Set(definition.tiers.map((tier) => tier.slug));
  const retired = (before?.tiers ?? [])
    .filter((tier) => !listed.has(tier.slug))
    .map((tier, index): CatalogTier => {
      const rank = definition.tiers.length + index + 1;
      return { ...tier, rank, isHidden: true, isStaff: false, isDefault: false, isRecommended: false };
    });
  return { ...definition, tiers: [...definition.tiers, ...retired] };
}

/** Every price that is in Stripe or was ever recorded; on sale is what the definition says. */
function pricesOf(
  definition: CatalogDefinition,
  inStripe: readonly StripeTier[],
  known: readonly CatalogPrice[],
): CatalogPrice[] {
  const tiers = new Set(definition.tiers.map((tier) => tier.slug));
  const prices = new Map(known.map((price) => [price.id, { ...price, isActive: false }]));
  for (const { product, prices: made } of inStripe) {
    // A product of a tier that this database never knew: an account shared with another catalog.
    if (!tiers.has(product.tierSlug)) continue;
    for (const price of made) prices.set(price.priceKey, asCatalogPrice(product.tierSlug, price));
  }
  for (const price of definition.prices) {
    const made = inStripe.find(({ product }) => product.tierSlug === price.tierSlug)?.prices ?? [];
    const stripePrice = stripePriceFor(price, made);
    if (!stripePrice) throw new Error(`Stripe does not list the price ${price.id} that was just made; push again.`);
    prices.set(price.id, { ...price, stripePriceId: stripePrice.id, isActive: true });
  }
  return [...prices.values()];
}

function asCatalogPrice(tierSlug: string, price: TierProductPrice): CatalogPrice {
  const { priceKey, interval, currency, unitAmount, isTaxInclusive } = price;
  return {
    id: priceKey,
    tierSlug,
    interval,
    currency,
    unitAmount,
    isTaxInclusive,
    stripePriceId: price.id,
    isActive: false,
  };
}

function isSame(row: CatalogPrice, price: CatalogPrice): boolean {
  return row.id === price.id && row.stripePriceId === price.stripePriceId && row.isActive === price.isActive;
}

/** Postgres does not keep the order of keys in jsonb: equal definitions must hash alike whatever it is. */
function hashOf(definition: CatalogDefinition): string {
  const canonical = JSON.stringify(definition, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash("sha256").update(canonical).digest("hex");
}
