import {
  type CatalogDefinition,
  type CatalogFeature,
  type CatalogTier,
  type DefinedPrice,
  type FeatureKind,
  type Interval,
  priceId,
} from "./catalog.js";
import type { CatalogSource } from "./catalog-schema.js";

const kinds = { switch: "SWITCH", limit: "LIMIT", metered: "METERED" } as const satisfies Record<string, FeatureKind>;
const intervals: readonly Interval[] = ["day", "week", "month", "year"];

/** The definition that a faultless file gives, with nothing left to assume. */
export function definitionOf(source: CatalogSource): CatalogDefinition {
  const tiers = Object.entries(source.tiers);
  return {
    currency: source.currency,
    tax: source.tax,
    features: Object.entries(source.features).map(
      ([key, feature]): CatalogFeature => ({
        key,
        name: feature.name,
        description: feature.description ?? null,
        kind: kinds[feature.kind],
        unit: feature.unit ?? null,
        isSelfReported: feature.self_reported,
      }),
    ),
    tiers: tiers.map(([slug, tier], index) => tierOf(slug, tier, index + 1)),
    prices: tiers.flatMap(([slug, tier]) => pricesOf(slug, tier, source)),
    earlierPrices: tiers.flatMap(([tierSlug, tier]) =>
      tier.earlier_prices.map((stripePriceId) => ({ stripePriceId, tierSlug })),
    ),
  };
}

type TierSource = CatalogSource["tiers"][string];

function tierOf(slug: string, tier: TierSource, rank: number): CatalogTier {
  const granted = Object.entries(tier.features).flatMap(([key, grant]) => (grant ? [[key, grant] as const] : []));
  return {
    slug,
    name: tier.name,
    description: tier.description ?? null,
    highlights: tier.highlights,
    rank,
    isHidden: tier.hidden,
    isStaff: tier.staff,
    isDefault: tier.default,
    isRecommended: tier.recommended,
    trialDays: tier.trial_days,
    isTrialWithoutCard: tier.trial_without_card,
    graceDays: tier.grace_days ?? null,
    contactUrl: tier.contact_url ?? null,
    seats: tier.seats,
    grants: Object.fromEntries(granted),
  };
}

/** The default currency first, then as the file has them. */
function pricesOf(tierSlug: string, tier: TierSource, { currency: first, tax }: CatalogSource): DefinedPrice[] {
  const isTaxInclusive = tax.behavior === "inclusive";
  return intervals.flatMap((interval) => {
    const amounts = Object.entries(tier.prices[interval] ?? {});
    return amounts
      .toSorted(([a], [b]) => Number(b === first) - Number(a === first))
      .map(([currency, unitAmount]): DefinedPrice => {
        const price = { tierSlug, interval, currency, unitAmount, isTaxInclusive };
        return { id: priceId(price), ...price };
      });
  });
}
