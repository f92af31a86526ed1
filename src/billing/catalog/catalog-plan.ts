import type { CatalogGateway, StoredTierProduct, TierProduct, TierProductPrice } from "../../stripe/catalog-gateway.js";
import type { StoredPortalSettings } from "../../stripe/portal-settings.js";
import type { StoredWebhookEndpoint } from "../../stripe/webhook-endpoints.js";
import type { CatalogDefinition, CatalogTier } from "./catalog.js";
import { type CatalogChange, creationKey } from "./catalog-change.js";
import { type ReadEarlierPrice, readEarlierPrices } from "./catalog-earlier-prices.js";
import { type Offer, offersOf } from "./catalog-offer.js";
import { planPortal } from "./catalog-plan-portal.js";
import { planPrices } from "./catalog-plan-prices.js";
import { planWebhook, type WantedWebhook } from "./catalog-plan-webhook.js";

/** A tier's product in Stripe with the prices that this service made for it. */
export interface StripeTier {
  readonly product: StoredTierProduct;
  readonly prices: readonly TierProductPrice[];
}

/** What Stripe has of everything that a push keeps. */
export interface InStripe {
  readonly tiers: readonly StripeTier[];
  readonly earlierPrices: readonly ReadEarlierPrice[];
  readonly portals: readonly StoredPortalSettings[];
  readonly endpoints: readonly StoredWebhookEndpoint[];
}

/** What is to be in Stripe. */
export interface Wanted {
  readonly definition: CatalogDefinition;
  /** Null leaves the webhook endpoints alone. */
  readonly webhook: WantedWebhook | null;
}

/** What Stripe has now. */
export async function readStripe(stripe: CatalogGateway, { definition, webhook }: Wanted): Promise<InStripe> {
  const [products, earlierPrices, portals, endpoints] = await Promise.all([
    stripe.listTierProducts(),
    readEarlierPrices(stripe, definition.earlierPrices),
    stripe.listPortalSettings(),
    webhook ? stripe.listWebhookEndpoints() : [],
  ]);
  const tiers = await Promise.all(
    products.map(async (product) => ({ product, prices: await stripe.listTierPrices(product.id) })),
  );
  return { tiers, earlierPrices, portals, endpoints };
}

/** What a push would change in Stripe, in the order it would; nothing when Stripe has it all. */
export async function planCatalog(
  stripe: CatalogGateway,
  definition: CatalogDefinition,
  webhook: WantedWebhook | null = null,
): Promise<CatalogChange[]> {
  const wanted = { definition, webhook };
  return planChanges(stripe, wanted, await readStripe(stripe, wanted));
}

/** As `planCatalog`, for a Stripe that was read already. */
export function planChanges(stripe: CatalogGateway, wanted: Wanted, now: InStripe): CatalogChange[] {
  return [
    ...planTiers(stripe, wanted.definition, now.tiers),
    ...planPortal(stripe, now.portals),
    ...(wanted.webhook ? planWebhook(stripe, wanted.webhook, now.endpoints) : []),
  ];
}

function planTiers(stripe: CatalogGateway, definition: CatalogDefinition, now: readonly StripeTier[]): CatalogChange[] {
  const offers = offersOf(definition);
  const listed = definition.tiers.flatMap((tier) => {
    const mine = offers.filter((offer) => offer.tierSlug === tier.slug);
    return planTier(
      stripe,
      tier,
      mine,
      now.find(({ product }) => product.tierSlug === tier.slug),
    );
  });
  const slugs = new Set(definition.tiers.map((tier) => tier.slug));
  const gone = now.filter(({ product }) => !slugs.has(product.tierSlug));
  return [...listed, ...gone.flatMap(({ product, prices }) => planPrices(stripe, product, [], prices))];
}

/** What a push calls the product that it makes for a tier. */
export function productIdOf(tierSlug: string): string {
  return `billing_${tierSlug}`;
}

/** What a push would change about one tier's product and prices. */
export function planTier(
  stripe: CatalogGateway,
  tier: CatalogTier,
  wanted: readonly Offer[],
  now: StripeTier | undefined,
): CatalogChange[] {
  const { slug: tierSlug, name, description } = tier;
  const id = now?.product.id ?? productIdOf(tierSlug);
  const isActive = wanted.length > 0 || now?.product.isActive === true;
  const product = { id, tierSlug, name, description, isActive };
  // A tier that was never sold needs nothing in Stripe.
  if (!now && wanted.length === 0) return [];
  const defaultPriceId = now?.product.defaultPriceId ?? null;
  return [
    ...planProduct(stripe, product, now?.product),
    ...planPrices(stripe, { id, defaultPriceId }, wanted, now?.prices ?? []),
  ];
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
