import { createHash } from "node:crypto";
import { decimalOf } from "../../money.js";
import type { CatalogGateway, TierProduct, TierProductPrice } from "../../stripe/catalog-gateway.js";
import type { CatalogDefinition, CatalogTier, DefinedPrice } from "./catalog.js";

/** One step that brings Stripe closer to the definition. Each may be repeated: a run cut off is finished by the next. */
export interface CatalogChange {
  /** One line for people. */
  readonly summary: string;
  apply(): Promise<void>;
}

/** A tier's product in Stripe with the prices that this service made for it. */
export interface StripeTier {
  readonly product: TierProduct;
  readonly prices: readonly TierProductPrice[];
}

/** What Stripe has of the catalog now. */
export async function readStripeTiers(stripe: CatalogGateway): Promise<StripeTier[]> {
  const products = await stripe.listTierProducts();
  return Promise.all(products.map(async (product) => ({ product, prices: await stripe.listTierPrices(product.id) })));
}

/** What a push would change in Stripe, in the order it would; nothing when Stripe has it all. */
export async function planCatalog(stripe: CatalogGateway, definition: CatalogDefinition): Promise<CatalogChange[]> {
  return planChanges(stripe, definition, await readStripeTiers(stripe));
}

/** As `planCatalog`, for a Stripe that was read already. */
export function planChanges(
  stripe: CatalogGateway,
  definition: CatalogDefinition,
  now: readonly StripeTier[],
): CatalogChange[] {
  const listed = definition.tiers.flatMap((tier) => {
    const prices = definition.prices.filter((price) => price.tierSlug === tier.slug);
    return planTier(
      stripe,
      tier,
      prices,
      now.find(({ product }) => product.tierSlug === tier.slug),
    );
  });
  const slugs = new Set(definition.tiers.map((tier) => tier.slug));
  const gone = now.filter(({ product }) => !slugs.has(product.tierSlug));
  return [...listed, ...gone.flatMap(({ product, prices }) => planPrices(stripe, product, [], prices))];
}

function planTier(
  stripe: CatalogGateway,
  tier: CatalogTier,
  wanted: readonly DefinedPrice[],
  now: StripeTier | undefined,
): CatalogChange[] {
  const { slug: tierSlug, name, description } = tier;
  const id = now?.product.id ?? `billing_${tierSlug}`;
  const isActive = wanted.length > 0 || now?.product.isActive === true;
  const product = { id, tierSlug, name, description, isActive };
  // A tier that was never sold needs nothing in Stripe.
  if (!now && wanted.length === 0) return [];
  return [...planProduct(stripe, product, now?.product), ...planPrices(stripe, product, wanted, now?.prices ?? [])];
}

function planProduct(stripe: CatalogGateway, wanted: TierProduct, now: TierProduct | undefined): CatalogChange[] {
  if (!now) {
    const apply = () => stripe.createTierProduct(wanted, creationKey(wanted));
    return [{ summary: `create product ${wanted.id} "${wanted.name}"`, apply }];
  }
  const isSame = now.name === wanted.name && now.description === wanted.description && now.isActive === wanted.isActive;
  const apply = () => stripe.updateTierProduct(wanted);
  return isSame ? [] : [{ summary: `update product ${wanted.id} "${wanted.name}"`, apply }];
}

function planPrices(
  stripe: CatalogGateway,
  product: TierProduct,
  wanted: readonly DefinedPrice[],
  now: readonly TierProductPrice[],
): CatalogChange[] {
  const kept = new Set<string>();
  const offers = wanted.flatMap((price): CatalogChange[] => {
    const lookupKey = lookupKeyOf(price);
    const offered = `${price.id}: ${decimalOf(price.unitAmount, price.currency)} ${price.currency.toUpperCase()} a ${price.interval}`;
    const known = stripePriceFor(price, now);
    if (known) kept.add(known.id);
    if (known?.isActive && known.lookupKey === lookupKey) return [];
    if (known) return [{ summary: `restore price ${offered}`, apply: () => stripe.restorePrice(known.id, lookupKey) }];
    const { id: priceKey, interval, currency, unitAmount, isTaxInclusive } = price;
    const made = { priceKey, lookupKey, interval, currency, unitAmount, isTaxInclusive };
    const apply = () => stripe.createTierPrice(product.id, made, creationKey({ product: product.id, ...made }));
    return [{ summary: `create price ${offered}`, apply }];
  });
  const archived = now.filter((price) => price.isActive && !kept.has(price.id));
  // After the new ones: at no moment is a tier without a price.
  return [
    ...offers,
    ...archived.map((price) => ({
      summary: `archive price ${price.priceKey}: those who bought it keep it`,
      apply: () => stripe.archivePrice(price.id),
    })),
  ];
}

/** The Stripe price that is this one; one that is on sale before one that was archived. */
export function stripePriceFor(price: DefinedPrice, among: readonly TierProductPrice[]): TierProductPrice | undefined {
  const same = among.filter(
    (other) =>
      other.priceKey === price.id &&
      other.interval === price.interval &&
      other.currency === price.currency &&
      other.unitAmount === price.unitAmount &&
      other.isTaxInclusive === price.isTaxInclusive,
  );
  return same.find((other) => other.isActive) ?? same[0];
}

/** The place on the price list, whatever it costs: `professional_month_usd`. */
function lookupKeyOf(price: DefinedPrice): string {
  return `${price.tierSlug}_${price.interval}_${price.currency}`;
}

/**
 * The same for the same wish, so that a run just after one that was cut off does not make a second price
 * while the first is on its way. The hour is in it because Stripe repeats even a failure of its own for
 * the same key, for a day: https://docs.stripe.com/api/idempotent_requests
 */
function creationKey(wish: object): string {
  const hour = new Date().toISOString().slice(0, "2026-10-28T12".length);
  const digest = createHash("sha256").update(JSON.stringify(wish)).digest("hex").slice(0, 40);
  return `catalog-${hour}-${digest}`;
}
