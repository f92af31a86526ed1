import { createHash } from "node:crypto";
import type { Db } from "../../db/client.js";
import { announce } from "../../live/announce.js";
import type { CatalogGateway } from "../../stripe/catalog-gateway.js";
import type { CatalogDefinition, CatalogPrice, CatalogTier } from "./catalog.js";
import {
  findNewestVersion,
  insertVersion,
  listPrices,
  lockCatalog,
  setPortalConfiguration,
  upsertPrice,
} from "./catalog.repository.js";
import { earlierPriceRows } from "./catalog-earlier-prices.js";
import { idsOf, offersOf, stripePriceFor } from "./catalog-offer.js";
import { type InStripe, planChanges, readStripe } from "./catalog-plan.js";
import { portalSettingsOf } from "./catalog-plan-portal.js";
import type { WantedWebhook } from "./catalog-plan-webhook.js";

export type { CatalogChange } from "./catalog-change.js";
export { planCatalog } from "./catalog-plan.js";
export type { WantedWebhook } from "./catalog-plan-webhook.js";

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
export async function pushCatalog(
  deps: PushDeps,
  definition: CatalogDefinition,
  webhook: WantedWebhook | null = null,
): Promise<CatalogPush> {
  const wanted = { definition, webhook };
  return deps.db.transaction(async (db) => {
    await lockCatalog(db);
    const before = await readStripe(deps.stripe, wanted);
    const changes = planChanges(deps.stripe, wanted, before);
    for (const change of changes) await change.apply();

    const after = changes.length > 0 ? await readStripe(deps.stripe, wanted) : before;
    const stored = await storeCatalog({ ...deps, db }, definition, after);
    return { changes: changes.map((change) => change.summary), ...stored };
  });
}

async function storeCatalog({ db, now }: PushDeps, definition: CatalogDefinition, inStripe: InStripe) {
  const newest = await findNewestVersion(db);
  const next = withRetiredTiers(definition, newest?.definition);
  const hash = hashOf(next);
  const kept = newest?.hash === hash ? newest.version : undefined;
  const portalConfigurationId = portalSettingsOf(inStripe.portals)?.id ?? null;
  const version = kept ?? (await insertVersion(db, { hash, definition: next, portalConfigurationId, pushedAt: now() }));
  const isOtherPortal = kept !== undefined && newest?.portalConfigurationId !== portalConfigurationId;
  if (isOtherPortal) await setPortalConfiguration(db, version, portalConfigurationId);

  const known = await listPrices(db);
  const changed = pricesOf(next, inStripe, known).filter((price) => !known.some((row) => isSame(row, price)));
  for (const price of changed) await upsertPrice(db, price);
  const isNewVersion = kept === undefined;
  if (isNewVersion || isOtherPortal || changed.length > 0)
    await announce(db, { kind: "catalog", subject: "catalog", facts: {} });
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

/** Every price that is in Stripe or was ever recorded, in each of its currencies; on sale is what the definition says. */
function pricesOf(
  definition: CatalogDefinition,
  { tiers: inStripe, earlierPrices }: InStripe,
  known: readonly CatalogPrice[],
): CatalogPrice[] {
  const tiers = new Set(definition.tiers.map((tier) => tier.slug));
  const prices = new Map(known.map((price) => [placeOf(price), { ...price, isActive: false }]));
  const add = (price: CatalogPrice) => prices.set(placeOf(price), price);
  for (const row of earlierPrices.flatMap(earlierPriceRows)) add(row);
  for (const { product, prices: made } of inStripe) {
    // A product of a tier that this database never knew: an account shared with another catalog.
    if (!tiers.has(product.tierSlug)) continue;
    for (const price of made) {
      for (const row of idsOf(product.tierSlug, price)) add({ ...row, stripePriceId: price.id, isActive: false });
    }
  }
  for (const offer of offersOf(definition)) {
    const made = inStripe.find(({ product }) => product.tierSlug === offer.tierSlug)?.prices ?? [];
    const stripePrice = stripePriceFor(offer, made);
    if (!stripePrice) throw new Error(`Stripe does not list the price ${offer.id} that was just made; push again.`);
    for (const row of idsOf(offer.tierSlug, { ...stripePrice, amounts: offer.amounts })) {
      add({ ...row, stripePriceId: stripePrice.id, isActive: true });
    }
  }
  return [...prices.values()];
}

/** What tells rows apart: a price in Stripe, in one of its currencies. */
function placeOf({ stripePriceId, currency }: CatalogPrice): string {
  return `${stripePriceId} ${currency}`;
}

function isSame(row: CatalogPrice, price: CatalogPrice): boolean {
  return placeOf(row) === placeOf(price) && row.id === price.id && row.isActive === price.isActive;
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
