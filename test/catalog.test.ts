import { expect, test as plain } from "vitest";
import { type CatalogDefinition, type DefinedPrice, priceId } from "../src/billing/catalog/catalog.js";
import { startTestApp, test } from "./support/app.js";
import { pushChanged } from "./support/catalog.js";
import { codesOf } from "./support/graphql.js";
import { findPrice } from "./support/person.js";

const pricingPage = `query ($currency: CurrencyCode, $country: CountryCode) {
  tiers { id slug name rank isFree isRecommended trialDays isTrialWithoutCard contactUrl highlights
    monthly: price(currency: $currency, country: $country) {
      id interval isTaxInclusive unitAmount { amount currency decimal formatted } monthlyEquivalent { amount }
      savingsPercent tier { slug } }
    yearly: price(interval: YEAR) { id }
    features { isIncluded isUnlimited limit feature { id key name kind unit } } } }`;

/** A tier as the pricing page got it. */
interface ShownTier {
  readonly slug: string;
  readonly features: readonly {
    readonly isIncluded: boolean;
    readonly isUnlimited: boolean;
    readonly limit: number | null;
    readonly feature: { readonly key: string; readonly kind: string };
  }[];
}

test("a visitor reads the price list in one request, cheapest tier first, without the staff's tier", async ({
  app,
}) => {
  const { data, errors } = await app.graphql(pricingPage);
  expect(errors).toBeUndefined();
  expect(data.tiers).toMatchObject([
    { id: "tier_free", slug: "free", rank: 1, isFree: true, isRecommended: false, monthly: null },
    { id: "tier_starter", slug: "starter", rank: 2, isFree: false, isRecommended: false },
    { id: "tier_professional", slug: "professional", rank: 3, isFree: false, isRecommended: true },
    { id: "tier_enterprise", slug: "enterprise", rank: 4, isFree: false, isRecommended: false },
  ]);
  expect(data.tiers[2]).toMatchObject({
    name: "Professional",
    trialDays: 0,
    isTrialWithoutCard: false,
    contactUrl: null,
    highlights: expect.arrayContaining(["6 guests on stage"]),
    monthly: {
      id: "price_bprofessional_month_usd_2999",
      interval: "MONTH",
      isTaxInclusive: false,
      unitAmount: { amount: 2999, currency: "USD", decimal: "29.99", formatted: "$29.99" },
      monthlyEquivalent: { amount: 2999 },
      savingsPercent: null,
      tier: { slug: "professional" },
    },
    yearly: { id: "price_bprofessional_year_usd_29990" },
  });
});

test("a visitor sees how many guests each tier allows, and what else is in it", async ({ app }) => {
  const { data } = await app.graphql(pricingPage);
  const tiers: ShownTier[] = data.tiers;
  const row = (key: string) =>
    Object.fromEntries(
      tiers.map(({ slug, features }) => {
        const found = features.find(({ feature }) => feature.key === key);
        if (found?.feature.kind === "SWITCH") return [slug, found.isIncluded];
        return [slug, found?.isUnlimited ? "unlimited" : found?.limit];
      }),
    );
  expect(row("guests")).toEqual({ free: 1, starter: 3, professional: 6, enterprise: "unlimited" });
  expect(row("streaming_minutes")).toEqual({ free: 60, starter: 600, professional: 3_000, enterprise: "unlimited" });
  expect(row("recording_minutes")).toEqual({ free: 0, starter: 60, professional: 600, enterprise: "unlimited" });
  expect(row("scenes_basic")).toEqual({ free: false, starter: true, professional: true, enterprise: true });
  expect(row("scenes_premium")).toEqual({ free: false, starter: false, professional: true, enterprise: true });
  expect(row("usage_analytics")).toEqual({ free: false, starter: false, professional: true, enterprise: true });
  expect(row("advanced_features")).toEqual({ free: false, starter: false, professional: false, enterprise: true });
  expect(tiers.map(({ features }) => features.map(({ feature }) => feature.key))).toEqual(
    Array.from({ length: 4 }, () => Object.keys(featureUnits)),
  );
  expect(Object.fromEntries(data.tiers[0].features.map(unitOf))).toEqual(featureUnits);
});

const featureUnits = {
  guests: "guest",
  scenes_basic: null,
  scenes_premium: null,
  advanced_features: null,
  usage_analytics: null,
  streaming_minutes: "minute",
  recording_minutes: "minute",
};

function unitOf({ feature }: { feature: { key: string; unit: string | null } }) {
  return [feature.key, feature.unit];
}

test("a tier can be read alone by its slug; one that is hidden or unknown reads as missing", async ({ app }) => {
  const { data } = await app.graphql(
    `{ starter: tier(slug: "starter") { name } staff: tier(slug: "admin_unlimited") { name }
       unknown: tier(slug: "platinum") { name } inherited: tier(slug: "constructor") { name } empty: tier(slug: "") { name } }`,
  );
  expect(data).toEqual({ starter: { name: "Starter" }, staff: null, unknown: null, inherited: null, empty: null });
});

test("a currency or country that is none is bad input", async ({ app }) => {
  for (const variables of [{ currency: "usd" }, { currency: "DOLLARS" }, { country: "Germany" }, { country: "d3" }]) {
    expect(codesOf(await app.graphql(pricingPage, variables))).toEqual(["BAD_USER_INPUT"]);
  }
});

function price(tierSlug: string, unitAmount: number, more: Partial<DefinedPrice> = {}): DefinedPrice {
  const parts = { tierSlug, interval: "month" as const, currency: "usd", unitAmount, isTaxInclusive: false, ...more };
  return { id: priceId(parts), ...parts };
}

const withPrices =
  (...prices: DefinedPrice[]) =>
  (definition: CatalogDefinition): CatalogDefinition => {
    const replaced = new Set(prices.map(({ tierSlug, interval, currency }) => `${tierSlug} ${interval} ${currency}`));
    const kept = definition.prices.filter(
      (each) => !replaced.has(`${each.tierSlug} ${each.interval} ${each.currency}`),
    );
    return { ...definition, prices: [...kept, ...prices] };
  };

plain("a new amount is on the price list at once, and who bought at the old one keeps tier and price", async () => {
  const { app, stop } = await startTestApp();
  const ada = await app.customerOn("professional");
  const oldPrice = await findPrice(app, "professional");
  await pushChanged(app, withPrices(price("professional", 3499), price("professional", 34_990, { interval: "year" })));

  const { data } = await app.graphql(
    `{ tier(slug: "professional") { price { unitAmount { formatted } }
       prices { interval unitAmount { amount } monthlyEquivalent { amount } savingsPercent } } }`,
  );
  expect(data.tier).toEqual({
    price: { unitAmount: { formatted: "$34.99" } },
    prices: [
      { interval: "MONTH", unitAmount: { amount: 3499 }, monthlyEquivalent: { amount: 3499 }, savingsPercent: null },
      { interval: "YEAR", unitAmount: { amount: 34_990 }, monthlyEquivalent: { amount: 2916 }, savingsPercent: 16 },
    ],
  });
  const { currentSubscription, entitlement } = await ada.ask(
    `{ currentSubscription { tier { slug } price { id unitAmount { amount } } } entitlement(feature: "guests") { limit } }`,
  );
  expect(currentSubscription).toEqual({
    tier: { slug: "professional" },
    price: { id: oldPrice, unitAmount: { amount: 2999 } },
  });
  expect(entitlement).toEqual({ limit: 6 });

  const bea = app.person("bea");
  const refused = await bea.checkout("professional", { priceId: oldPrice });
  expect(refused.userErrors).toMatchObject([{ code: "TIER_NOT_AVAILABLE", path: ["input", "priceId"] }]);
  await bea.buy("professional");
  const { payments } = await bea.ask("{ payments { nodes { amount { amount } } } }");
  expect(payments.nodes).toEqual([{ amount: { amount: 3499 } }]);
  await stop();
});

plain("a tier that leaves the price list is sold no more, and its customers keep it", async () => {
  const { app, stop } = await startTestApp();
  const cleo = await app.customerOn("starter");
  const priceOfStarter = await findPrice(app, "starter");
  const hide = (definition: CatalogDefinition): CatalogDefinition => ({
    ...definition,
    tiers: definition.tiers.map((tier) => (tier.slug === "starter" ? { ...tier, isHidden: true } : tier)),
  });
  const drop = (definition: CatalogDefinition): CatalogDefinition => ({
    ...definition,
    tiers: definition.tiers.filter(({ slug }) => slug !== "starter"),
    prices: definition.prices.filter(({ tierSlug }) => tierSlug !== "starter"),
  });
  for (const change of [hide, drop]) {
    await pushChanged(app, change);
    const { data } = await app.graphql(`{ tiers { slug } tier(slug: "starter") { slug } }`);
    expect(data).toEqual({ tiers: [{ slug: "free" }, { slug: "professional" }, { slug: "enterprise" }], tier: null });
    const { checkoutSession, userErrors } = await app
      .person("dora")
      .checkout("professional", { priceId: priceOfStarter });
    expect(checkoutSession).toBeNull();
    expect(userErrors).toMatchObject([{ code: "TIER_NOT_AVAILABLE" }]);
    const { viewer } = await cleo.ask(
      `{ viewer { customer { tier { slug } subscription { tier { name } price { unitAmount { amount } } } } } }`,
    );
    expect(viewer.customer).toEqual({
      tier: { slug: "starter" },
      subscription: { tier: { name: "Starter" }, price: { unitAmount: { amount: 999 } } },
    });
  }
  await stop();
});

plain("a price that was withdrawn at Stripe alone is not sold, and the operator is told", async () => {
  const { app, stop } = await startTestApp();
  const { data } = await app.stripe.prices.list({ lookup_keys: ["starter_month_usd"] });
  await app.stripe.prices.update(String(data[0]?.id), { active: false });
  const eli = app.person("eli");
  const { userErrors } = await eli.checkout("starter");
  expect(userErrors).toMatchObject([{ code: "TIER_NOT_AVAILABLE", path: ["input", "priceId"] }]);
  expect(app.logged.some((line) => line.includes("push the catalog again"))).toBe(true);
  expect((await eli.checkout("professional")).userErrors).toEqual([]);
  await stop();
});
