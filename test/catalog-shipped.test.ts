import { expect, test } from "vitest";
import { findFeature, findTier, freeTier, grantOf, staffTier, visibleTiers } from "../src/billing/catalog/catalog.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";

test("the shipped catalog has the studio's tiers and prices", async () => {
  const catalog = await readCatalogFile("catalog.yaml");

  expect(catalog.currency).toBe("usd");
  expect(visibleTiers(catalog).map((tier) => tier.slug)).toEqual(["free", "starter", "professional", "enterprise"]);
  const amounts = catalog.prices.map(({ tierSlug, interval, currency, unitAmount }) => [
    `${tierSlug} ${interval}`,
    `${currency} ${unitAmount}`,
  ]);
  const byPlace = (place: string) => amounts.flatMap(([at, amount]) => (at === place ? [amount] : []));
  expect(byPlace("starter month")).toEqual(["usd 999", "eur 949", "gbp 849", "jpy 1500"]);
  expect(byPlace("professional month")).toEqual(["usd 2999", "eur 2799", "gbp 2499", "jpy 4500"]);
  expect(byPlace("enterprise month")).toEqual(["usd 9999", "eur 9299", "gbp 8299", "jpy 15000"]);
  // A year costs ten months, in every currency.
  const monthly = catalog.prices.filter(({ interval }) => interval === "month");
  for (const { tierSlug, currency, unitAmount } of monthly) {
    const yearly = catalog.prices.find(
      (price) => price.tierSlug === tierSlug && price.currency === currency && price.interval === "year",
    );
    expect([tierSlug, currency, yearly?.unitAmount]).toEqual([tierSlug, currency, unitAmount * 10]);
  }
  expect(freeTier(catalog).slug).toBe("free");
  expect(staffTier(catalog)).toMatchObject({ slug: "admin_unlimited", isHidden: true });
  expect(findTier(catalog, "professional")).toMatchObject({ isRecommended: true, rank: 3 });
});

test("the shipped catalog has the studio's limits", async () => {
  const catalog = await readCatalogFile("catalog.yaml");
  const grants = catalog.tiers.map((tier) => [
    tier.slug,
    ...catalog.features.map(({ key, kind }) => {
      const { isIncluded, limit } = grantOf(catalog, tier, key);
      if (kind === "SWITCH") return isIncluded;
      return limit ?? (isIncluded && "unlimited");
    }),
  ]);

  expect(["tier", ...catalog.features.map((feature) => feature.key)]).toEqual([
    "tier",
    "guests",
    "scenes_basic",
    "scenes_premium",
    "advanced_features",
    "usage_analytics",
    "streaming_minutes",
    "recording_minutes",
  ]);
  expect(grants).toEqual([
    ["free", 1, false, false, false, false, 60, 0],
    ["starter", 3, true, false, false, false, 600, 60],
    ["professional", 6, true, true, false, true, 3000, 600],
    ["enterprise", "unlimited", true, true, true, true, "unlimited", "unlimited"],
    ["admin_unlimited", "unlimited", true, true, true, true, "unlimited", "unlimited"],
  ]);
  expect(findFeature(catalog, "streaming_minutes")).toMatchObject({ kind: "METERED", unit: "minute" });
  expect(findFeature(catalog, "guests")).toMatchObject({ kind: "LIMIT", unit: "guest" });
});
