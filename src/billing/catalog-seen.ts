import type { GraphQLContext } from "../graphql/context.js";
import { tierInForce } from "./allowances/standing.reading.js";
import type { CatalogPrice, CatalogTier } from "./catalog/catalog.js";
import { ownPayer } from "./users/payer.js";
import { allowancesOf } from "./users/reach.js";

/** Which parts of the catalog a caller can come upon. */
export interface SeenCatalog {
  hasTier(tier: CatalogTier): boolean;
  hasPrice(price: CatalogPrice): boolean;
}

/**
 * Everybody sees the price list: its tiers, and their prices on sale. A customer also sees what they have
 * themselves, a hidden tier or a price that is sold no longer; who may see what every account may use sees all.
 */
export async function catalogSeenBy(context: GraphQLContext): Promise<SeenCatalog> {
  const { viewer } = context;
  if (allowancesOf(viewer) === "EVERYBODY") return { hasTier: () => true, hasPrice: () => true };
  const catalog = context.catalog();
  const payer = viewer && ownPayer(viewer);
  const [inForce, subscription] = payer
    ? await Promise.all([tierInForce(context, payer.userId), context.loaders.subscriptions.load(payer.userId)])
    : [];
  const tiers = [inForce?.slug, subscription?.tierSlug];
  const hasTier = (slug: string) =>
    catalog.tiers.some((tier) => tier.slug === slug && !tier.isHidden) || tiers.includes(slug);
  return {
    hasTier: ({ slug }) => hasTier(slug),
    hasPrice: (price) => (price.isActive && hasTier(price.tierSlug)) || price.id === subscription?.priceId,
  };
}
