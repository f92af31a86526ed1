/** How often a price is charged. */
export type Interval = "day" | "week" | "month" | "year";

/** How a feature is granted: on or off, a count held at one time, or consumption within a period. */
export type FeatureKind = "SWITCH" | "LIMIT" | "METERED";

/** What `catalog.yaml` says: tiers in display order, and the prices on sale. */
export interface CatalogDefinition {
  /** The default currency, in which every price is sold. Lower case, as everywhere but in the API. */
  readonly currency: string;
  readonly tax: CatalogTax;
  readonly features: readonly CatalogFeature[];
  readonly tiers: readonly CatalogTier[];
  readonly prices: readonly DefinedPrice[];
  /** Prices in Stripe that others made and tiers were sold at. */
  readonly earlierPrices: readonly EarlierPrice[];
}

/** A price in Stripe that this service did not make, whose subscribers have a tier all the same. */
export interface EarlierPrice {
  readonly stripePriceId: string;
  readonly tierSlug: string;
}

/** How prices treat tax. */
export interface CatalogTax {
  /** Whether the amounts include tax, or it comes on top. */
  readonly behavior: "exclusive" | "inclusive";
  /** Whether Stripe Tax works it out at checkout and on every invoice: https://docs.stripe.com/tax */
  readonly automatic: boolean;
}

/** How many seats a tier is sold in. */
export interface SeatRange {
  readonly min: number;
  /** Null without an upper bound. */
  readonly max: number | null;
}

/** The catalog in force: the newest definition, and every price ever sold, so that nobody loses their tier. */
export interface Catalog extends CatalogDefinition {
  readonly version: number;
  /** Stripe's id of the settings that portal sessions are to name; null before a push has made any. */
  readonly portalConfigurationId: string | null;
  readonly prices: readonly CatalogPrice[];
}

/** A plan on the price list, or one that only staff and old subscribers have. */
export interface CatalogTier {
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly highlights: readonly string[];
  /** Position on the price list, lowest first. */
  readonly rank: number;
  /** Not on the price list; only staff, or customers who were given it, have it. */
  readonly isHidden: boolean;
  /** The one tier that admins get. */
  readonly isStaff: boolean;
  /** The one tier that everybody has who pays for nothing. */
  readonly isDefault: boolean;
  readonly isRecommended: boolean;
  readonly trialDays: number;
  /** Whether its trial begins without a card, and ends uncharged unless one is left. */
  readonly isTrialWithoutCard: boolean;
  /** For how many days after a payment failed it is kept; null leaves that to `GRACE_PERIOD_DAYS`. */
  readonly graceDays: number | null;
  readonly contactUrl: string | null;
  /** 1 to 1 for a tier that is sold by the account. */
  readonly seats: SeatRange;
  /** By feature key; a feature that is missing is not included. */
  readonly grants: Readonly<Record<string, Grant>>;
}

/** What a tier gives of one feature. */
export interface Grant {
  readonly isIncluded: boolean;
  /** Null for switches and when unlimited. */
  readonly limit: number | null;
}

/** A capability that tiers include. */
export interface CatalogFeature {
  readonly key: string;
  readonly name: string;
  readonly description: string | null;
  readonly kind: FeatureKind;
  /** What is counted; null for switches. */
  readonly unit: string | null;
  /** Whether customers may report their own use of it; otherwise only the product's back end may. */
  readonly isSelfReported: boolean;
}

/** A price as the file defines it, before Stripe knows it. */
export interface DefinedPrice {
  /** Names one amount for good, see `priceId`. */
  readonly id: string;
  readonly tierSlug: string;
  readonly interval: Interval;
  readonly currency: string;
  readonly unitAmount: number;
  readonly isTaxInclusive: boolean;
}

/** A price that was sold once, or still is: what one price of Stripe charges in one of its currencies. */
export interface CatalogPrice extends DefinedPrice {
  readonly stripePriceId: string;
  /** On sale now. A price that is not keeps serving those who bought it. */
  readonly isActive: boolean;
}

/**
 * The ID of a price, another one for each amount: `professional_month_usd_2999`, and another one for the
 * same amount with the tax in it: `professional_month_usd_2999_inclusive`.
 */
export function priceId(price: Omit<DefinedPrice, "id">): string {
  const { tierSlug, interval, currency, unitAmount, isTaxInclusive } = price;
  return `${tierSlug}_${interval}_${currency}_${unitAmount}${isTaxInclusive ? "_inclusive" : ""}`;
}

/** The tier of a slug, hidden ones too. */
export function findTier(catalog: CatalogDefinition, slug: string): CatalogTier | undefined {
  return catalog.tiers.find((tier) => tier.slug === slug);
}

/** The feature of a key. */
export function findFeature(catalog: CatalogDefinition, key: string): CatalogFeature | undefined {
  return catalog.features.find((feature) => feature.key === key);
}

/**
 * The price of an ID, on sale or not. Several prices of Stripe may charge that amount, as when only another
 * currency's amount changed; the one on sale comes first.
 */
export function findPrice(catalog: Catalog, id: string): CatalogPrice | undefined {
  const same = catalog.prices.filter((price) => price.id === id);
  return same.find((price) => price.isActive) ?? same[0];
}

/** The price that Stripe charges for, on sale or not: how a subscription finds its tier. */
export function findPriceByStripeId(
  catalog: Catalog,
  stripePriceId: string,
  currency: string,
): CatalogPrice | undefined {
  return catalog.prices.find((price) => price.stripePriceId === stripePriceId && price.currency === currency);
}

/** The tier that everybody has who pays for nothing. */
export function freeTier(catalog: CatalogDefinition): CatalogTier {
  return theOne(catalog, "default", (tier) => tier.isDefault);
}

/** The tier that admins get. */
export function staffTier(catalog: CatalogDefinition): CatalogTier {
  return theOne(catalog, "staff", (tier) => tier.isStaff);
}

function theOne(catalog: CatalogDefinition, role: string, is: (tier: CatalogTier) => boolean): CatalogTier {
  const tier = catalog.tiers.find(is);
  if (!tier) throw new Error(`The catalog has no ${role} tier; its file was not checked before it was stored.`);
  return tier;
}

/** The price list, in display order. */
export function visibleTiers(catalog: CatalogDefinition): CatalogTier[] {
  return catalog.tiers.filter((tier) => !tier.isHidden).toSorted((a, b) => a.rank - b.rank);
}

/** What the tier gives of the feature; nothing when either does not know the other. */
export function grantOf(catalog: CatalogDefinition, tier: CatalogTier, featureKey: string): Grant {
  const feature = findFeature(catalog, featureKey);
  const granted = feature && Object.hasOwn(tier.grants, featureKey) ? tier.grants[featureKey] : undefined;
  return granted ?? { isIncluded: false, limit: feature && feature.kind !== "SWITCH" ? 0 : null };
}

/** The tier's prices on sale, in every currency. */
export function activePrices(catalog: Catalog, tierSlug: string): CatalogPrice[] {
  return catalog.prices.filter((price) => price.isActive && price.tierSlug === tierSlug);
}

const chargesPerYear: Readonly<Record<Interval, number>> = { day: 365, week: 52, month: 12, year: 1 };

/** The charge spread over months, in minor units; a half rounds up. */
export function monthlyEquivalent(price: Pick<DefinedPrice, "interval" | "unitAmount">): number {
  return Math.round(yearlyCharge(price) / 12);
}

function yearlyCharge(price: Pick<DefinedPrice, "interval" | "unitAmount">): number {
  return price.unitAmount * chargesPerYear[price.interval];
}

/** Whole percent saved against the tier's monthly price, rounded down; null when that is less than one. */
export function savingsPercent(catalog: Catalog, price: CatalogPrice): number | null {
  const monthly = activePrices(catalog, price.tierSlug).find(
    (other) => other.interval === "month" && other.currency === price.currency,
  );
  if (!monthly) return null;
  const byMonth = yearlyCharge(monthly);
  const percent = Math.floor((100 * (byMonth - yearlyCharge(price))) / byMonth);
  return percent >= 1 ? percent : null;
}

/** The cheapest tier on the price list whose grant of the feature fits; those sold only on request come last. */
export function cheapestTierGranting(
  catalog: Catalog,
  featureKey: string,
  fits: (grant: Grant) => boolean,
): CatalogTier | undefined {
  // Sorting is stable, so tiers of equal price stay in display order.
  return visibleTiers(catalog)
    .filter((tier) => fits(grantOf(catalog, tier, featureKey)))
    .toSorted((a, b) => compare(monthlyCharge(catalog, a), monthlyCharge(catalog, b)))[0];
}

function monthlyCharge(catalog: Catalog, tier: CatalogTier): number {
  if (tier.isDefault) return 0;
  const inCurrency = activePrices(catalog, tier.slug).filter((price) => price.currency === catalog.currency);
  return Math.min(...inCurrency.map(monthlyEquivalent));
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1; // two Infinities have no difference
}
