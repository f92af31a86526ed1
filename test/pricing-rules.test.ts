import { describe, expect, test } from "vitest";
import {
  type Catalog,
  type CatalogPrice,
  type CatalogTier,
  findPrice,
  findTier,
  type Interval,
  monthlyEquivalent,
  priceId,
  savingsPercent,
} from "../src/billing/catalog/catalog.js";
import { isUpgrade } from "../src/billing/catalog/tier-step.js";
import { currenciesOnSale, knownCountry, pickCurrency } from "../src/billing/pricing/currency.js";
import { type Standing, type TierAction, tierActionFor } from "../src/billing/pricing/tier-action.js";
import { makeCountryReader } from "../src/http/visitor-country.js";

function tier(slug: string, rank: number, parts: Partial<CatalogTier> = {}): CatalogTier {
  const none = {
    description: null,
    highlights: [],
    trialDays: 0,
    isTrialWithoutCard: false,
    graceDays: null,
    contactUrl: null,
    grants: {},
  };
  const flags = { isHidden: false, isStaff: false, isDefault: false, isRecommended: false };
  return { slug, name: slug, rank, ...none, ...flags, seats: { min: 1, max: 1 }, ...parts };
}

function price(tierSlug: string, interval: Interval, currency: string, unitAmount: number, isActive = true) {
  const parts = { tierSlug, interval, currency, unitAmount, isTaxInclusive: false };
  const id = priceId(parts);
  return { id, ...parts, stripePriceId: `price_${id}`, isActive } satisfies CatalogPrice;
}

const catalog: Catalog = {
  version: 1,
  portalConfigurationId: null,
  earlierPrices: [],
  currency: "usd",
  tax: { behavior: "exclusive", automatic: false },
  features: [],
  tiers: [
    tier("free", 1, { isDefault: true }),
    tier("starter", 2, { trialDays: 14 }),
    tier("pro", 3, { trialDays: 7 }),
    tier("yearly", 4),
    tier("twin", 5),
    tier("studio", 6, { contactUrl: "https://studio.example/contact" }),
    tier("old", 7, { isHidden: true }),
    tier("crew", 8, { isHidden: true, isStaff: true }),
  ],
  prices: [
    price("starter", "month", "usd", 999),
    price("starter", "month", "eur", 949),
    price("starter", "year", "eur", 9_490),
    price("pro", "month", "usd", 2_999),
    price("pro", "month", "jpy", 1_500),
    price("pro", "year", "jpy", 15_000),
    price("pro", "month", "usd", 1_999, false),
    price("pro", "month", "gbp", 1_899, false),
    price("yearly", "year", "usd", 30_000),
    price("twin", "month", "usd", 2_999),
    price("old", "month", "usd", 2_000),
    price("old", "month", "sek", 20_000),
  ],
};

describe("the currency of a price list", () => {
  test.each<[string | null, string | null, string | null, string, string]>([
    ["EUR", "usd", "JP", "eur", "ARGUMENT"],
    ["CHF", "usd", "JP", "chf", "ARGUMENT"],
    [null, "jpy", "DE", "jpy", "EXISTING_SUBSCRIPTION"],
    [null, "chf", "DE", "chf", "EXISTING_SUBSCRIPTION"],
    [null, null, "DE", "eur", "COUNTRY"],
    [null, null, "JP", "jpy", "COUNTRY"],
    [null, null, "US", "usd", "COUNTRY"],
    [null, null, "CH", "usd", "DEFAULT"],
    [null, null, "GB", "usd", "DEFAULT"],
    [null, null, "SE", "usd", "DEFAULT"],
    [null, null, "XX", "usd", "DEFAULT"],
    [null, null, null, "usd", "DEFAULT"],
  ])("asked for %s, billed in %s, from %s: %s by %s", (asked, billedIn, country, currency, source) => {
    expect(pickCurrency(catalog, { asked, billedIn, country })).toEqual({ currency, source });
  });

  test("can be any in which a tier of the price list is on sale, the default first", () => {
    expect(currenciesOnSale(catalog)).toEqual(["usd", "eur", "jpy"]);
    expect(currenciesOnSale({ ...catalog, currency: "jpy" })).toEqual(["jpy", "eur", "usd"]);
    expect(currenciesOnSale({ ...catalog, prices: [] })).toEqual([]);
  });

  test.each(["XX", "T1", "EU", "ZZ", "de", "DE, FR", "DEU", "", "constructor", null])("country %j is none", (said) => {
    expect(knownCountry(said)).toBeNull();
  });

  test("a country is told by its two capitals", () => {
    expect(["DE", "JP", "GB", "US"].map(knownCountry)).toEqual(["DE", "JP", "GB", "US"]);
  });
});

describe("prices side by side", () => {
  const shown = (id: string) => {
    const found = findPrice(catalog, id);
    return found && [monthlyEquivalent(found), savingsPercent(catalog, found)];
  };

  test("are compared within one currency, whole yen as well as cents", () => {
    expect(shown("starter_year_eur_9490")).toEqual([791, 16]);
    expect(shown("pro_year_jpy_15000")).toEqual([1_250, 16]);
    expect(shown("pro_month_jpy_1500")).toEqual([1_500, null]);
  });

  test("save nothing where there is no monthly price to compare with", () => {
    expect(shown("yearly_year_usd_30000")).toEqual([2_500, null]);
  });
});

const inUse = (slug: string, id?: string) => {
  const found = findTier(catalog, slug);
  if (!found) throw new Error(`No tier ${slug}.`);
  return { tier: found, price: id === undefined ? undefined : findPrice(catalog, id) };
};

describe("a step up", () => {
  test.each([
    ["starter", "starter_month_usd_999", "pro", true],
    ["pro", "pro_month_usd_2999", "starter", false],
    // Kept at a lower price than both tiers have now, and still the greater one.
    ["pro", "pro_month_usd_1999", "yearly", false],
    // Not sold in yen: compared in the catalog's own currency.
    ["pro", "pro_month_jpy_1500", "starter", false],
    // No price by the month: spread over it.
    ["starter", "starter_month_usd_999", "yearly", true],
    ["yearly", "yearly_year_usd_30000", "pro", true],
    // The same price: the place on the list decides.
    ["pro", "pro_month_usd_2999", "twin", true],
    ["twin", "twin_month_usd_2999", "pro", false],
    // Left the price list: what is paid counts.
    ["old", "old_month_usd_2000", "pro", true],
    ["old", "old_month_usd_2000", "starter", false],
    ["old", "old_month_sek_20000", "pro", true],
    // A price that the catalog never knew.
    ["free", undefined, "starter", true],
    ["pro", undefined, "starter", false],
  ])("from %s at %s to %s: %s", (from, at, to, isUp) => {
    expect(isUpgrade(catalog, inUse(from, at), inUse(to).tier)).toBe(isUp);
  });

  test("is told by the place on the list when nothing has a price in common", () => {
    const unpriced: Catalog = { ...catalog, prices: [price("starter", "month", "eur", 949)] };
    expect(isUpgrade(unpriced, inUse("starter"), inUse("pro").tier)).toBe(true);
    expect(isUpgrade(unpriced, inUse("pro"), inUse("starter").tier)).toBe(false);
  });
});

describe("the button under a tier", () => {
  const visitor: Standing = { plan: null, hasAccount: false, isAdmin: false, hadTrial: false, billedIn: null };
  const customer: Standing = { ...visitor, hasAccount: true };
  const on = (slug: string, id: string, more: Partial<Standing> = {}): Standing => {
    const plan = inUse(slug, id);
    return { ...customer, plan, hadTrial: true, billedIn: plan.price?.currency ?? null, ...more };
  };

  test.each<[string, Standing, Record<string, TierAction>]>([
    [
      "of a visitor",
      visitor,
      { free: "SUBSCRIBE", starter: "START_TRIAL", pro: "START_TRIAL", yearly: "SUBSCRIBE", studio: "CONTACT_SALES" },
    ],
    ["of a customer on the free tier", customer, { free: "CURRENT", starter: "START_TRIAL", yearly: "SUBSCRIBE" }],
    [
      "of a customer whose trial is spent",
      { ...customer, hadTrial: true },
      { free: "CURRENT", starter: "SUBSCRIBE", pro: "SUBSCRIBE", studio: "CONTACT_SALES" },
    ],
    [
      "of a subscriber",
      on("pro", "pro_month_usd_2999"),
      { free: "DOWNGRADE", starter: "DOWNGRADE", pro: "CURRENT", twin: "UPGRADE", studio: "CONTACT_SALES" },
    ],
    [
      "of a subscriber who pays in another currency than the tier is sold in",
      on("starter", "starter_month_eur_949"),
      { free: "DOWNGRADE", starter: "CURRENT", pro: "CONTACT_SALES" },
    ],
    [
      "of somebody who once paid in euros",
      { ...customer, billedIn: "eur", hadTrial: true },
      { free: "CURRENT", starter: "SUBSCRIBE", pro: "CONTACT_SALES" },
    ],
    [
      "of a subscriber to a tier that left the price list",
      on("old", "old_month_usd_2000"),
      { old: "CURRENT", starter: "DOWNGRADE", pro: "UPGRADE" },
    ],
    ["that is not on the price list", customer, { old: "CONTACT_SALES", crew: "CONTACT_SALES" }],
    [
      "of staff",
      { ...customer, isAdmin: true },
      { crew: "CURRENT", free: "CURRENT", starter: "START_TRIAL", yearly: "SUBSCRIBE" },
    ],
    [
      "of staff who bought all the same",
      on("starter", "starter_month_usd_999", { isAdmin: true }),
      { crew: "CONTACT_SALES", free: "DOWNGRADE", starter: "CURRENT", pro: "UPGRADE" },
    ],
  ])("%s", (_who, standing, expected) => {
    const slugs = Object.keys(expected);
    const actions = slugs.map((slug) => [slug, tierActionFor(catalog, inUse(slug).tier, standing)]);
    expect(Object.fromEntries(actions)).toEqual(expected);
  });
});

describe("the country that a proxy names", () => {
  const asRead = (trustProxy: boolean | readonly string[], remoteAddress: string | undefined) =>
    makeCountryReader({ trustProxy, geoCountryHeader: "cf-ipcountry" })({
      headers: { "cf-ipcountry": "DE" },
      socket: { remoteAddress },
    });
  const proxies = ["10.0.0.0/8", "192.0.2.7", "fd00::/8", "2001:db8::7"];

  test.each(["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "::ffff:192.0.2.7", "fd12::1", "2001:db8::7"])(
    "is believed from %s",
    (address) => {
      expect(asRead(proxies, address)).toBe("DE");
      expect(asRead(true, address)).toBe("DE");
      expect(asRead(false, address)).toBeNull();
    },
  );

  test.each(["11.1.2.3", "::ffff:11.1.2.3", "192.0.2.8", "::1", "2001:db8::8", "fe80::1%eth0", undefined])(
    "is not believed from %s",
    (address) => {
      expect(asRead(proxies, address)).toBeNull();
    },
  );
});
