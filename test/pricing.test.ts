import { describe, expect, test as plain } from "vitest";
import type { CatalogDefinition } from "../src/billing/catalog/catalog.js";
import { startTestApp, type TestApp, test } from "./support/app.js";
import { pushChanged } from "./support/catalog.js";
import { readAnswer } from "./support/graphql.js";
import type { Person } from "./support/person.js";
import { until } from "./support/until.js";

const pricingPage = `query ($currency: CurrencyCode, $country: CountryCode) {
  pricingContext(currency: $currency, country: $country) { currency source availableCurrencies country }
  tiers { slug viewerAction
    monthly: price(currency: $currency, country: $country) { id unitAmount { formatted } }
    all: prices(currency: $currency, country: $country) { interval unitAmount { currency } } } }`;

/** A tier as the pricing page got it. */
interface ShownTier {
  readonly slug: string;
  readonly viewerAction: string;
  readonly monthly: { readonly id: string; readonly unitAmount: { readonly formatted: string } } | null;
  readonly all: readonly { readonly interval: string; readonly unitAmount: { readonly currency: string } }[];
}

/** The page's currency with the reason for it, and the monthly prices of the tiers that are not free. */
async function look(app: TestApp, variables: Record<string, string> = {}, token?: string) {
  const { data, errors } = await app.graphql(pricingPage, variables, token);
  expect(errors).toBeUndefined();
  const tiers: ShownTier[] = data.tiers;
  const { currency, source, country } = data.pricingContext;
  // One operation never mixes currencies.
  expect(tiers.flatMap(({ all }) => all.filter(({ unitAmount }) => unitAmount.currency !== currency))).toEqual([]);
  return {
    context: [currency, source, country],
    available: data.pricingContext.availableCurrencies,
    prices: tiers.slice(1).map(({ monthly }) => monthly?.unitAmount.formatted ?? null),
    intervals: tiers.slice(1).map(({ all }) => all.map(({ interval }) => interval).join(" ")),
  };
}

const inDollars = ["$9.99", "$29.99", "$99.99"];
const inEuros = ["€9.49", "€27.99", "€92.99"];
const inPounds = ["£8.49", "£24.99", "£82.99"];
const inYen = ["¥1,500", "¥4,500", "¥15,000"];

describe("the currency of a visitor", () => {
  test.for([
    [{}, ["USD", "DEFAULT", null], inDollars],
    [{ currency: "EUR" }, ["EUR", "ARGUMENT", null], inEuros],
    [{ currency: "JPY" }, ["JPY", "ARGUMENT", null], inYen],
    [{ country: "DE" }, ["EUR", "COUNTRY", "DE"], inEuros],
    [{ country: "GB" }, ["GBP", "COUNTRY", "GB"], inPounds],
    [{ country: "JP" }, ["JPY", "COUNTRY", "JP"], inYen],
    [{ country: "US" }, ["USD", "COUNTRY", "US"], inDollars],
    [{ country: "BR" }, ["USD", "DEFAULT", "BR"], inDollars],
    [{ country: "XX" }, ["USD", "DEFAULT", "XX"], inDollars],
    [{ country: "DE", currency: "GBP" }, ["GBP", "ARGUMENT", "DE"], inPounds],
  ] as const)("who says %j sees %j", async ([variables, context, prices], { app }) => {
    expect(await look(app, variables)).toEqual({
      context,
      prices,
      available: ["USD", "EUR", "GBP", "JPY"],
      intervals: ["MONTH YEAR", "MONTH YEAR", "MONTH YEAR"],
    });
  });

  test("a currency that nothing is sold in is never replaced: the page says so, and has no price", async ({ app }) => {
    expect(await look(app, { currency: "CHF" })).toEqual({
      context: ["CHF", "ARGUMENT", null],
      available: ["USD", "EUR", "GBP", "JPY"],
      prices: [null, null, null],
      intervals: ["", "", ""],
    });
  });

  test("what is saved by the year, and what that is by the month, is told in each currency", async ({ app }) => {
    const { data } = await app.graphql(
      `query { tier(slug: "starter") {
         usd: price(interval: YEAR) { ...Compared } jpy: price(interval: YEAR, currency: JPY) { ...Compared }
         monthly: price(currency: JPY) { ...Compared } none: price(interval: WEEK) { id } } }
       fragment Compared on TierPrice {
         unitAmount { amount decimal } monthlyEquivalent { amount decimal formatted } savingsPercent }`.replaceAll(
        "JPY",
        '"JPY"',
      ),
    );
    expect(data.tier).toEqual({
      usd: {
        unitAmount: { amount: 9_990, decimal: "99.90" },
        monthlyEquivalent: { amount: 833, decimal: "8.33", formatted: "$8.33" },
        savingsPercent: 16,
      },
      jpy: {
        unitAmount: { amount: 15_000, decimal: "15000" },
        monthlyEquivalent: { amount: 1_250, decimal: "1250", formatted: "¥1,250" },
        savingsPercent: 16,
      },
      monthly: {
        unitAmount: { amount: 1_500, decimal: "1500" },
        monthlyEquivalent: { amount: 1_500, decimal: "1500", formatted: "¥1,500" },
        savingsPercent: null,
      },
      none: null,
    });
  });
});

plain("a tier that is not sold in a currency has no price in it, and a currency that left is not offered", async () => {
  const { app, stop } = await startTestApp();
  const isSold = (tierSlug: string, currency: string) =>
    currency === "usd" || (tierSlug === "professional" && currency === "eur");
  await pushChanged(app, (definition) => ({
    ...definition,
    prices: definition.prices.filter(({ tierSlug, currency }) => isSold(tierSlug, currency)),
  }));
  expect(await look(app, { country: "DE" })).toMatchObject({
    context: ["EUR", "COUNTRY", "DE"],
    available: ["USD", "EUR"],
    prices: [null, "€27.99", null],
  });
  expect(await look(app, { country: "GB" })).toMatchObject({ context: ["USD", "DEFAULT", "GB"], prices: inDollars });
  await stop();
});

/** Buys a tier in a currency, and waits until our records have it. */
async function buyIn(app: TestApp, person: Person, tier: string, currency: string) {
  const { data } = await app.graphql(
    "query ($tier: String!, $currency: CurrencyCode) { tier(slug: $tier) { price(currency: $currency) { id } } }",
    { tier, currency },
  );
  await person.buy(tier, { priceId: data.tier.price.id });
}

describe("the currency of a customer", () => {
  test("is the one they pay in, wherever they are, unless they ask for another", async ({ app }) => {
    const ada = app.person("ada");
    expect(await look(app, { country: "JP" }, ada.token)).toMatchObject({ context: ["JPY", "COUNTRY", "JP"] });

    await buyIn(app, ada, "starter", "EUR");
    for (const variables of [{}, { country: "JP" }]) {
      expect(await look(app, variables, ada.token)).toMatchObject({
        context: ["EUR", "EXISTING_SUBSCRIPTION", variables.country ?? null],
        prices: inEuros,
      });
    }
    expect(await look(app, { currency: "USD" }, ada.token)).toMatchObject({
      context: ["USD", "ARGUMENT", null],
      prices: inDollars,
    });
    expect(await look(app)).toMatchObject({ context: ["USD", "DEFAULT", null] });
    const backend = app.person("backend", { role: "service" });
    expect(await look(app, { country: "JP" }, backend.token)).toMatchObject({ context: ["JPY", "COUNTRY", "JP"] });
  });

  test("stays the one they paid in when the subscription has ended, as checkout would take no other", async ({
    app,
  }) => {
    const bea = app.person("bea");
    await buyIn(app, bea, "starter", "GBP");
    await endSubscription(app, bea);
    expect(await look(app, { country: "DE" }, bea.token)).toMatchObject({
      context: ["GBP", "EXISTING_SUBSCRIPTION", "DE"],
      prices: inPounds,
    });
    expect((await bea.checkout("starter")).userErrors).toMatchObject([{ code: "CURRENCY_MISMATCH" }]);
  });
});

/** Ends a subscription at once, as a merchant would in the dashboard. */
async function endSubscription(app: TestApp, person: Person) {
  const { viewer } = await person.ask("{ viewer { customer { externalId } } }");
  const { data: customers } = await app.stripe.customers.list({ email: `${viewer.customer.externalId}@example.com` });
  const { data: subscriptions } = await app.stripe.subscriptions.list({ customer: String(customers[0]?.id) });
  await app.stripe.subscriptions.cancel(String(subscriptions[0]?.id));
  await until("the end is known here", async () => {
    const { currentSubscription } = await person.ask("{ currentSubscription { status } }");
    return currentSubscription.status === "CANCELED";
  });
}

/** The button under each tier that the caller sees. */
async function buttons(app: TestApp, token?: string): Promise<Record<string, string>> {
  const { data, errors } = await app.graphql("{ tiers { slug viewerAction } }", {}, token);
  expect(errors).toBeUndefined();
  return Object.fromEntries(data.tiers.map(({ slug, viewerAction }: ShownTier) => [slug, viewerAction]));
}

describe("the button under a tier", () => {
  const toBuy = { starter: "SUBSCRIBE", professional: "SUBSCRIBE", enterprise: "SUBSCRIBE" };

  test("leads visitors and services to sign up or buy, customers and staff to buy", async ({ app }) => {
    const service = app.person("backend", { role: "service" });
    const admin = app.person("grace", { role: "admin" });
    expect(await buttons(app)).toEqual({ free: "SUBSCRIBE", ...toBuy });
    expect(await buttons(app, service.token)).toEqual({ free: "SUBSCRIBE", ...toBuy });
    expect(await buttons(app, app.person("cleo").token)).toEqual({ free: "CURRENT", ...toBuy });
    expect(await buttons(app, admin.token)).toEqual({ free: "CURRENT", ...toBuy });
  });

  test("leads a subscriber up and down from their tier, and back to buying when it is over", async ({ app }) => {
    const dora = await app.customerOn("professional", "dora");
    const subscribed = { free: "DOWNGRADE", starter: "DOWNGRADE", professional: "CURRENT", enterprise: "UPGRADE" };
    expect(await buttons(app, dora.token)).toEqual(subscribed);
    await endSubscription(app, dora);
    expect(await buttons(app, dora.token)).toEqual({ free: "CURRENT", ...toBuy });
  });

  test("never lies: checkout takes what it says can be bought, and nothing else", async ({ app }) => {
    const people = [app.person("eli"), await app.customerOn("starter", "fay"), app.person("gus", { role: "admin" })];
    for (const person of people) {
      const { free: _nothingToBuy, ...paid } = await buttons(app, person.token);
      for (const [tier, action] of Object.entries(paid)) {
        const { userErrors } = await person.checkout(tier);
        const codes = userErrors.map(({ code }: { code: string }) => code);
        expect([tier, codes]).toEqual([tier, action === "SUBSCRIBE" ? [] : ["ALREADY_SUBSCRIBED"]]);
      }
    }
  });
});

plain("a trial is offered to whoever had none, and a tier on request leads to sales", async () => {
  const { app, stop } = await startTestApp();
  const change = (definition: CatalogDefinition): CatalogDefinition => ({
    ...definition,
    tiers: definition.tiers.map((tier) => {
      if (tier.slug === "professional") return { ...tier, trialDays: 14 };
      if (tier.slug === "enterprise") return { ...tier, contactUrl: "https://studio.example/sales" };
      return tier;
    }),
    prices: definition.prices.filter(({ tierSlug }) => tierSlug !== "enterprise"),
  });
  await pushChanged(app, change);
  const offered = { starter: "SUBSCRIBE", professional: "START_TRIAL", enterprise: "CONTACT_SALES" };
  expect(await buttons(app)).toMatchObject(offered);
  const hal = app.person("hal");
  expect(await buttons(app, hal.token)).toMatchObject(offered);

  await hal.buy("professional");
  const { currentSubscription } = await hal.ask("{ currentSubscription { status } }");
  expect(currentSubscription.status).toBe("TRIALING");
  expect(await buttons(app, hal.token)).toMatchObject({ professional: "CURRENT", starter: "DOWNGRADE" });
  await endSubscription(app, hal);
  expect(await buttons(app, hal.token)).toMatchObject({ ...offered, professional: "SUBSCRIBE" });
  await stop();
});

/** What a service makes of a country header. */
async function contextFor(app: TestApp, headers: Record<string, string>, country?: string) {
  const response = await fetch(`${app.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query: pricingPage, variables: { country } }),
  });
  const { currency, source, country: assumed } = (await readAnswer(response)).data.pricingContext;
  return [currency, source, assumed];
}

describe("a proxy's country", () => {
  plain("picks the currency when the proxy is trusted, and junk in its header is nothing", async () => {
    const environment = { GEO_COUNTRY_HEADER: "CF-IPCountry", TRUST_PROXY: "10.0.0.0/8, 127.0.0.1" };
    const { app, stop } = await startTestApp({ environment });
    expect(await contextFor(app, { "cf-ipcountry": "DE" })).toEqual(["EUR", "COUNTRY", "DE"]);
    expect(await contextFor(app, { "cf-ipcountry": "BR" })).toEqual(["USD", "DEFAULT", "BR"]);
    expect(await contextFor(app, { "cf-ipcountry": "DE" }, "JP")).toEqual(["JPY", "COUNTRY", "JP"]);
    expect(await contextFor(app, { "x-vercel-ip-country": "DE" })).toEqual(["USD", "DEFAULT", null]);
    for (const junk of ["XX", "T1", "de", "DE, FR", "EU", "DEU", "constructor", " "]) {
      expect([junk, ...(await contextFor(app, { "cf-ipcountry": junk }))]).toEqual([junk, "USD", "DEFAULT", null]);
    }
    await stop();
  });

  plain.for([
    ["nobody is trusted", { GEO_COUNTRY_HEADER: "cf-ipcountry" }],
    ["another is trusted", { GEO_COUNTRY_HEADER: "cf-ipcountry", TRUST_PROXY: "10.0.0.0/8,::1" }],
    ["no header is named", { TRUST_PROXY: "true" }],
  ] as const)("is not believed where %s", async ([why, environment]) => {
    const { app, stop } = await startTestApp({ environment });
    expect(await contextFor(app, { "cf-ipcountry": "DE" })).toEqual(["USD", "DEFAULT", null]);
    const isTold = app.logged.some((line) => line.includes("GEO_COUNTRY_HEADER is not read"));
    expect(isTold).toBe(why === "nobody is trusted");
    await stop();
  });
});
