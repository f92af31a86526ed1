import { activePrices, type Catalog, type CatalogPrice, type CatalogTier, monthlyEquivalent } from "./catalog.js";

/** A tier that somebody is on, and the price they pay for it; undefined when the catalog never knew that price. */
export interface TierInUse {
  readonly tier: CatalogTier;
  readonly price: CatalogPrice | undefined;
}

/**
 * Whether the step from one tier to another leads up: to what costs more by the month, and between equals
 * to what stands further down the price list.
 *
 * Price lists are compared, not what somebody pays: whoever kept an old, low price does not step up to a
 * lesser tier.
 */
export function isUpgrade(catalog: Catalog, from: TierInUse, to: CatalogTier): boolean {
  for (const currency of [from.price?.currency ?? catalog.currency, catalog.currency]) {
    const now = monthlyCharge(catalog, from.tier, currency) ?? paidByMonth(from, currency);
    const then = monthlyCharge(catalog, to, currency);
    if (now === undefined || then === undefined) continue;
    return now === then ? to.rank > from.tier.rank : then > now;
  }
  return to.rank > from.tier.rank;
}

/** By the month's own price where there is one: what is cheaper by the year is no lesser tier for it. */
function monthlyCharge(catalog: Catalog, tier: CatalogTier, currency: string): number | undefined {
  if (tier.isDefault) return 0;
  const prices = activePrices(catalog, tier.slug).filter((price) => price.currency === currency);
  const monthly = prices.find(({ interval }) => interval === "month");
  if (monthly) return monthly.unitAmount;
  return prices.length > 0 ? Math.min(...prices.map(monthlyEquivalent)) : undefined;
}

/** For a tier that is not on the price list any more. */
function paidByMonth({ price }: TierInUse, currency: string): number | undefined {
  return price?.currency === currency ? monthlyEquivalent(price) : undefined;
}
