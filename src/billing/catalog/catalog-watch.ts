import type { Deps } from "../../deps.js";
import type { CatalogDefinition } from "./catalog.js";
import { catalogLock, findNewestVersion } from "./catalog.repository.js";
import type { CatalogChange } from "./catalog-change.js";
import { offersOf } from "./catalog-offer.js";
import { planTier, productIdOf, type StripeTier } from "./catalog-plan.js";
import { planPortal } from "./catalog-plan-portal.js";
import { planPrices } from "./catalog-plan-prices.js";

/** How long a push under way is waited for: what it has changed in Stripe is in force only once it is over. */
const waitMs = 10_000;

type Watcher = Pick<Deps, "db" | "locks" | "log" | "metrics" | "stripeCatalog">;

/**
 * A product or one of its prices changed in Stripe: tells the operator what of it is not as the catalog in force has
 * it. Nothing is changed, here or there: the catalog is ours, and a push sets Stripe right.
 *
 * Gives whether it is a tier's product. Throws `LockBusy` while a push is under way.
 */
export function watchProduct(deps: Watcher, productId: string): Promise<boolean> {
  return deps.locks.hold(catalogLock, waitMs, async () => {
    const inForce = await findNewestVersion(deps.db);
    const changes = inForce && planProduct(deps, inForce.definition, productId, await readTier(deps, productId));
    if (changes) tell(deps, "product", productId, changes);
    return changes !== undefined;
  });
}

/**
 * Settings of the billing portal changed in Stripe: tells the operator when it no longer offers what a push set.
 * Gives whether a push made them; the account's default ones are the merchant's.
 */
export async function watchPortal(deps: Watcher, configurationId: string): Promise<boolean> {
  const known = await deps.stripeCatalog.listPortalSettings();
  if (!known.some(({ id }) => id === configurationId)) return false;
  tell(deps, "portal", configurationId, planPortal(deps.stripeCatalog, known));
  return true;
}

async function readTier({ stripeCatalog }: Watcher, productId: string): Promise<StripeTier | undefined> {
  const product = await stripeCatalog.findTierProduct(productId);
  return product && { product, prices: await stripeCatalog.listTierPrices(productId) };
}

/** What a push of the catalog in force would change about a product; undefined for one that is no tier's. */
function planProduct(
  { stripeCatalog }: Watcher,
  definition: CatalogDefinition,
  productId: string,
  now: StripeTier | undefined,
): CatalogChange[] | undefined {
  // Of a product that was deleted, only its name is left to tell.
  const slug = now?.product.tierSlug ?? definition.tiers.find((tier) => productIdOf(tier.slug) === productId)?.slug;
  if (slug === undefined) return undefined;
  const tier = definition.tiers.find((known) => known.slug === slug);
  const offers = offersOf(definition).filter((offer) => offer.tierSlug === slug);
  if (tier && offers.length > 0) return planTier(stripeCatalog, tier, offers, now);
  return now ? planPrices(stripeCatalog, now.product, [], now.prices) : [];
}

function tell(
  { log, metrics }: Watcher,
  what: "product" | "portal",
  object: string,
  changes: readonly CatalogChange[],
): void {
  if (changes.length === 0) return;
  metrics.countReason("billing_catalog_differences_total", what);
  const toDo = changes.map(({ summary }) => summary);
  log.warn({ object, toDo }, "Stripe differs from the catalog in force: push the catalog again");
}
