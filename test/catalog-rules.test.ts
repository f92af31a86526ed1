import { describe, expect, test } from "vitest";
import {
  activePrices,
  type Catalog,
  type CatalogPrice,
  type CatalogTier,
  cheapestTierGranting,
  findPrice,
  findPriceByStripeId,
  findTier,
  type Grant,
  grantOf,
  type Interval,
  monthlyEquivalent,
  priceId,
  savingsPercent,
  visibleTiers,
} from "../src/billing/catalog/catalog.js";
import { toTier, toTierFeature, toTierPrice } from "../src/billing/catalog/catalog.type.js";

function tier(slug: string, rank: number, parts: Partial<CatalogTier> = {}): CatalogTier {
  return {
    slug,
    name: slug,
    description: null,
    highlights: [],
    rank,
    isHidden: false,
    isStaff: false,
    isDefault: false,
    isRecommended: false,
    trialDays: 0,
    isTrialWithoutCard: false,
    graceDays: null,
    contactUrl: null,
    seats: { min: 1, max: 1 },
    grants: {},
    ...parts,
  };
}

function price(
  tierSlug: string,
  interval: Interval,
  unitAmount: number,
  parts: Partial<CatalogPrice> = {},
): CatalogPrice {
  const currency = parts.currency ?? "usd";
  const id = priceId({ tierSlug, interval, currency, unitAmount, isTaxInclusive: false });
  return {
    id,
    tierSlug,
    interval,
    currency,
    unitAmount,
    isTaxInclusive: false,
    stripePriceId: `price_${id}`,
    isActive: true,
    ...parts,
  };
}

const some = (limit: number | null): Grant => ({ isIncluded: true, limit });

const catalog: Catalog = {
  version: 7,
  portalConfigurationId: null,
  earlierPrices: [],
  tax: { behavior: "exclusive", automatic: false },
  currency: "usd",
  features: [
    { key: "guests", name: "Guests", description: null, kind: "LIMIT", isSelfReported: false, unit: "guest" },
    { key: "scenes", name: "Scenes", description: null, kind: "SWITCH", isSelfReported: false, unit: null },
  ],
  tiers: [
    tier("crew", 9, { isHidden: true, isStaff: true, grants: { guests: some(null), scenes: some(null) } }),
    tier("studio", 4, {
      contactUrl: "https://studio.example/sales",
      grants: { guests: some(null), scenes: some(null) },
    }),
    tier("pro", 3, { grants: { guests: some(6), scenes: some(null) } }),
    tier("team", 2, { grants: { guests: some(20) } }),
    tier("free", 1, { isDefault: true, grants: { guests: some(1) } }),
  ],
  prices: [
    price("pro", "month", 2999),
    price("pro", "month", 1999, { isActive: false }),
    price("pro", "year", 29_900),
    price("team", "month", 4900),
    price("team", "year", 58_800),
    price("pro", "month", 2799, { currency: "eur" }),
  ],
};

const pro = price("pro", "month", 2999);

describe("finding", () => {
  test("the price list leaves hidden tiers out and follows the rank", () => {
    expect(visibleTiers(catalog).map(({ slug }) => slug)).toEqual(["free", "team", "pro", "studio"]);
  });

  test("a price that is sold no more is still found, so that its subscriptions keep their tier", () => {
    expect(findPrice(catalog, "pro_month_usd_1999")).toMatchObject({ tierSlug: "pro", isActive: false });
    expect(findPriceByStripeId(catalog, "price_pro_month_usd_1999", "usd")).toMatchObject({ unitAmount: 1999 });
  });

  test("a Stripe price is told apart by currency", () => {
    expect(findPriceByStripeId(catalog, "price_pro_month_usd_2999", "eur")).toBeUndefined();
  });

  test("only prices on sale are active", () => {
    expect(activePrices(catalog, "pro").map(({ id }) => id)).toEqual([
      "pro_month_usd_2999",
      "pro_year_usd_29900",
      "pro_month_eur_2799",
    ]);
  });
});

describe("grants", () => {
  const grant = (slug: string, key: string) => {
    const found = findTier(catalog, slug);
    return found && grantOf(catalog, found, key);
  };

  test("a feature that a tier does not mention is not included", () => {
    expect(grant("free", "scenes")).toEqual({ isIncluded: false, limit: null });
    expect(grantOf(catalog, tier("bare", 5), "guests")).toEqual({ isIncluded: false, limit: 0 });
  });

  test("a feature that left the catalog is granted to nobody, even where a tier still mentions it", () => {
    expect(grantOf(catalog, tier("old", 5, { grants: { fax: some(3) } }), "fax")).toEqual({
      isIncluded: false,
      limit: null,
    });
  });

  test("a key that every object has is no feature", () => {
    expect(grant("free", "constructor")).toEqual({ isIncluded: false, limit: null });
  });
});

describe("comparing prices", () => {
  test.each<[Interval, number, number]>([
    ["month", 2999, 2999],
    ["year", 29_900, 2492],
    ["year", 6, 1],
    ["week", 700, 3033],
    ["day", 100, 3042],
  ])("a charge of every %s is spread over months", (interval, amount, expected) => {
    expect(monthlyEquivalent({ interval, unitAmount: amount })).toBe(expected);
  });

  test("a yearly price says what it saves, never more than it does", () => {
    // 12 times 29.99 is 359.88; 299.00 saves 16.9 percent of it.
    expect(savingsPercent(catalog, price("pro", "year", 29_900))).toBe(16);
  });

  test("a price that is not cheaper saves nothing", () => {
    expect(savingsPercent(catalog, price("team", "year", 58_800))).toBeNull();
    expect(savingsPercent(catalog, price("pro", "week", 2999))).toBeNull();
    expect(savingsPercent(catalog, pro)).toBeNull();
  });

  test("there is nothing to compare with where no monthly price is sold in that currency", () => {
    expect(savingsPercent(catalog, price("pro", "year", 100, { currency: "gbp" }))).toBeNull();
  });
});

describe("the cheapest tier", () => {
  const cheapest = (key: string, fits: (grant: Grant) => boolean) => cheapestTierGranting(catalog, key, fits)?.slug;
  const atLeast = (count: number) => (grant: Grant) =>
    grant.isIncluded && (grant.limit === null || grant.limit >= count);

  test("is found by price, not by rank", () => {
    // Two people fit on both, and the one further down the price list costs less.
    expect(cheapest("guests", atLeast(2))).toBe("pro");
  });

  test("is the free one when that suffices", () => {
    expect(cheapest("guests", atLeast(1))).toBe("free");
  });

  test("is one that is sold on request only when none with a price fits", () => {
    expect(cheapest("guests", atLeast(20))).toBe("team");
    expect(cheapest("guests", atLeast(21))).toBe("studio");
  });

  test("is never a hidden one", () => {
    expect(cheapest("fax", (grant) => grant.isIncluded)).toBeUndefined();
    expect(
      cheapestTierGranting({ ...catalog, tiers: catalog.tiers.filter((t) => t.isHidden) }, "guests", atLeast(1)),
    ).toBe(undefined);
  });
});

describe("what the API shows", () => {
  const shown = (slug: string) => {
    const found = findTier(catalog, slug);
    return found && toTier(catalog, found);
  };

  test("a tier is free when nothing is charged for it, and one on request is not", () => {
    expect([shown("free")?.isFree, shown("crew")?.isFree, shown("pro")?.isFree, shown("studio")?.isFree]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("tiers and prices have IDs made of their keys, another one for each amount", () => {
    expect(shown("pro")?.id).toBe("tier_pro");
    expect(toTierPrice(catalog, pro).id).toBe("price_bpro_month_usd_2999");
  });

  test("a currency is shown in upper case", () => {
    expect(toTierPrice(catalog, pro).unitAmount).toMatchObject({ amount: 2999, currency: "USD" });
  });

  test("unlimited is said of counts only", () => {
    const [guests, scenes] = catalog.features.map((feature) => {
      return toTierFeature(catalog, tier("all", 5, { grants: { guests: some(null), scenes: some(null) } }), feature);
    });
    expect(guests).toMatchObject({ isIncluded: true, isUnlimited: true, limit: null });
    expect(scenes).toMatchObject({ isIncluded: true, isUnlimited: false, limit: null });
  });
});
