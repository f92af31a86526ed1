import Stripe from "stripe";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/sandbox.js";
import { type CatalogDefinition, findPrice, findTier, visibleTiers } from "../src/billing/catalog/catalog.js";
import { findCatalog } from "../src/billing/catalog/catalog.repository.js";
import { parseCatalog } from "../src/billing/catalog/catalog-file.js";
import { type PushDeps, planCatalog, pushCatalog } from "../src/billing/catalog/catalog-push.js";
import type { Connection } from "../src/db/client.js";
import { announce } from "../src/live/announce.js";
import { listen } from "../src/live/listen.js";
import { type CatalogGateway, makeCatalogGateway } from "../src/stripe/catalog-gateway.js";
import { makeStripeClient } from "../src/stripe/client.js";
import { closeCatalogDatabase, freshCatalogDatabase, openCatalogDatabase } from "./catalog-fixtures.js";

let sandbox: Sandbox;
let stripe: Stripe;
let connection: Connection;
let databaseUrl: string;
let deps: PushDeps;

beforeAll(openCatalogDatabase);
afterAll(closeCatalogDatabase);

beforeEach(async () => {
  sandbox = await startSandbox();
  stripe = makeStripeClient({ secretKey: "sk_test_sandbox", apiBase: new URL(sandbox.url), timeoutMs: 5_000 });
  ({ connection, url: databaseUrl } = await freshCatalogDatabase());
  deps = { db: connection.db, stripe: makeCatalogGateway(stripe), now: () => new Date("2026-11-01T12:00:00Z") };
});

afterEach(async () => {
  await connection.close();
  await sandbox.close();
});

/** A price list with one paid tier, and another one if asked for. */
function priceList({ pro = "29.99", extra = "" } = {}): CatalogDefinition {
  const lines = [
    "currency: usd",
    "features: { guests: { name: Guests, kind: limit, unit: guest } }",
    "tiers:",
    "  free: { name: Free, default: true, features: { guests: 1 } }",
    `  pro: { name: Pro, description: For shows, prices: { month: ${pro} }, features: { guests: 6 } }`,
    extra,
    "  crew: { name: Crew, hidden: true, staff: true, features: { guests: unlimited } }",
  ];
  return parseCatalog(lines.join("\n"), "catalog.yaml");
}

const team = "  team: { name: Team, prices: { month: 49, year: 490 }, features: { guests: 20 } }";

async function pricesInStripe() {
  const { data } = await stripe.prices.list({ limit: 100 });
  const shown = data.map((price) => [
    price.metadata["billing_price"],
    price.lookup_key,
    price.unit_amount,
    price.active,
  ]);
  return shown.toSorted();
}

async function catalogInForce() {
  const catalog = await findCatalog(connection.db);
  if (!catalog) throw new Error("No catalog was pushed");
  return catalog;
}

test("there is no catalog before the first push", async () => {
  expect(await findCatalog(connection.db)).toBeUndefined();
});

test("a first push makes the products and prices in Stripe, and the catalog", async () => {
  const push = await pushCatalog(deps, priceList());

  expect(push).toEqual({
    changes: ['create product billing_pro "Pro"', "create price pro_month_usd_2999: 29.99 USD a month"],
    version: 1,
    isNewVersion: true,
  });
  expect(await stripe.products.retrieve("billing_pro")).toMatchObject({
    name: "Pro",
    description: "For shows",
    metadata: { billing_tier: "pro" },
  });
  expect(await pricesInStripe()).toEqual([["pro_month_usd_2999", "pro_month_usd", 2999, true]]);
  const catalog = await catalogInForce();
  expect(visibleTiers(catalog).map(({ slug }) => slug)).toEqual(["free", "pro"]);
  expect(findPrice(catalog, "pro_month_usd_2999")).toMatchObject({
    isActive: true,
    stripePriceId: expect.stringMatching(/^price_/),
  });
});

test("a plan says what a push would do, and does nothing", async () => {
  const plan = await planCatalog(deps.stripe, priceList());

  expect(plan.map(({ summary }) => summary)).toEqual([
    'create product billing_pro "Pro"',
    "create price pro_month_usd_2999: 29.99 USD a month",
  ]);
  expect(await pricesInStripe()).toEqual([]);
});

test("a second push of the same changes nothing, in Stripe or here", async () => {
  await pushCatalog(deps, priceList());
  const before = await catalogInForce();

  expect(await pushCatalog(deps, priceList())).toEqual({ changes: [], version: 1, isNewVersion: false });
  expect(await planCatalog(deps.stripe, priceList())).toEqual([]);
  expect(await catalogInForce()).toEqual(before);
});

test("a new amount is a new price, and the old one stays for those who bought it", async () => {
  await pushCatalog(deps, priceList());
  const push = await pushCatalog(deps, priceList({ pro: "39.99" }));

  expect(push).toMatchObject({ version: 2, isNewVersion: true });
  expect(await pricesInStripe()).toEqual([
    ["pro_month_usd_2999", null, 2999, false],
    ["pro_month_usd_3999", "pro_month_usd", 3999, true],
  ]);
  const catalog = await catalogInForce();
  expect(findPrice(catalog, "pro_month_usd_2999")).toMatchObject({ tierSlug: "pro", isActive: false });
  expect(findPrice(catalog, "pro_month_usd_3999")).toMatchObject({ tierSlug: "pro", isActive: true });
});

test("going back to an old amount offers the old price again", async () => {
  await pushCatalog(deps, priceList());
  const { stripePriceId } = findPrice(await catalogInForce(), "pro_month_usd_2999") ?? {};
  await pushCatalog(deps, priceList({ pro: "39.99" }));
  const push = await pushCatalog(deps, priceList());

  expect(push).toMatchObject({ version: 3, isNewVersion: true });
  expect(findPrice(await catalogInForce(), "pro_month_usd_2999")).toMatchObject({ isActive: true, stripePriceId });
  expect(await pricesInStripe()).toEqual([
    ["pro_month_usd_2999", "pro_month_usd", 2999, true],
    ["pro_month_usd_3999", null, 3999, false],
  ]);
});

test("a tier may be sold by several intervals", async () => {
  await pushCatalog(deps, priceList({ extra: team }));
  expect(await pricesInStripe()).toEqual([
    ["pro_month_usd_2999", "pro_month_usd", 2999, true],
    ["team_month_usd_4900", "team_month_usd", 4900, true],
    ["team_year_usd_49000", "team_year_usd", 49_000, true],
  ]);
});

test("a tier that leaves the file leaves the price list, and keeps serving its customers", async () => {
  await pushCatalog(deps, priceList({ extra: team }));
  await pushCatalog(deps, priceList());
  const catalog = await catalogInForce();

  expect(visibleTiers(catalog).map(({ slug }) => slug)).toEqual(["free", "pro"]);
  expect(findTier(catalog, "team")).toMatchObject({ isHidden: true, grants: { guests: { limit: 20 } } });
  expect(findPrice(catalog, "team_month_usd_4900")).toMatchObject({ tierSlug: "team", isActive: false });
  expect(await pushCatalog(deps, priceList())).toEqual({ changes: [], version: 2, isNewVersion: false });
});

test("new words for a tier reach Stripe and keep its prices", async () => {
  await pushCatalog(deps, priceList());
  const [before] = (await catalogInForce()).prices;
  const renamed = {
    ...priceList(),
    tiers: priceList().tiers.map((tier) => ({ ...tier, name: `${tier.name}!`, description: null })),
  };
  const push = await pushCatalog(deps, renamed);

  expect(push.changes).toEqual(['update product billing_pro "Pro!"']);
  expect(await stripe.products.retrieve("billing_pro")).toMatchObject({ name: "Pro!", description: null });
  expect((await catalogInForce()).prices).toEqual([before]);
});

test("only the limits changed: Stripe is left alone and a new version is in force", async () => {
  await pushCatalog(deps, priceList());
  const tiers = priceList().tiers.map((tier) => ({ ...tier, grants: { guests: { isIncluded: true, limit: 7 } } }));

  expect(await pushCatalog(deps, { ...priceList(), tiers })).toEqual({ changes: [], version: 2, isNewVersion: true });
});

test("what others made in the same Stripe account is left alone", async () => {
  const product = await stripe.products.create({ name: "Mugs" });
  const mug = await stripe.prices.create({ product: product.id, currency: "usd", unit_amount: 900 });
  await pushCatalog(deps, priceList());
  const deal = await stripe.prices.create({
    product: "billing_pro",
    currency: "usd",
    unit_amount: 500,
    recurring: { interval: "month" },
  });

  expect(await pushCatalog(deps, priceList({ pro: "39.99" }))).toMatchObject({ version: 2 });
  expect((await stripe.prices.retrieve(mug.id)).active).toBe(true);
  expect((await stripe.prices.retrieve(deal.id)).active).toBe(true);
});

test.each<keyof CatalogGateway>(["createTierProduct", "createTierPrice", "archivePrice"])(
  "a push cut off after %s is finished by the next",
  async (step) => {
    await pushCatalog(deps, priceList());
    const wanted = priceList({ pro: "39.99", extra: team });

    await expect(pushCatalog({ ...deps, stripe: cutOffAfter(step) }, wanted)).rejects.toThrow("cut off");
    expect(await catalogInForce()).toMatchObject({ version: 1 });

    expect(await pushCatalog(deps, wanted)).toMatchObject({ version: 2, isNewVersion: true });
    expect(await planCatalog(deps.stripe, wanted)).toEqual([]);
    expect(await pricesInStripe()).toEqual([
      ["pro_month_usd_2999", null, 2999, false],
      ["pro_month_usd_3999", "pro_month_usd", 3999, true],
      ["team_month_usd_4900", "team_month_usd", 4900, true],
      ["team_year_usd_49000", "team_year_usd", 49_000, true],
    ]);
  },
);

/** The gateway of a process that dies when Stripe has done this step, before it hears of it. */
function cutOffAfter(step: keyof CatalogGateway): CatalogGateway {
  return new Proxy(deps.stripe, {
    get:
      (gateway, name) =>
      async (...args: unknown[]) => {
        const answer = await Reflect.apply(Reflect.get(gateway, name), gateway, args);
        if (name === step) throw new Error("cut off");
        return answer;
      },
  });
}

test("two pushes at once make everything once", async () => {
  const pushes = await Promise.all([pushCatalog(deps, priceList()), pushCatalog(deps, priceList())]);

  expect(pushes.map(({ version }) => version)).toEqual([1, 1]);
  expect(await pricesInStripe()).toEqual([["pro_month_usd_2999", "pro_month_usd", 2999, true]]);
});

test("a new database learns every price ever sold from Stripe", async () => {
  await pushCatalog(deps, priceList());
  await pushCatalog(deps, priceList({ pro: "39.99" }));
  const other = await freshCatalogDatabase();
  try {
    await pushCatalog({ ...deps, db: other.connection.db }, priceList({ pro: "39.99" }));
    const catalog = await findCatalog(other.connection.db);
    expect(catalog?.prices).toEqual((await catalogInForce()).prices);
  } finally {
    await other.connection.close();
  }
});

test("a lookup key that was taken from a price in Stripe is given back to it", async () => {
  await pushCatalog(deps, priceList());
  const { stripePriceId = "" } = findPrice(await catalogInForce(), "pro_month_usd_2999") ?? {};
  await stripe.prices.update(stripePriceId, { lookup_key: "" });

  expect(await pushCatalog(deps, priceList())).toMatchObject({
    changes: [expect.stringMatching(/^restore price/)],
    version: 1,
  });
  expect(await pricesInStripe()).toEqual([["pro_month_usd_2999", "pro_month_usd", 2999, true]]);
});

test("every process hears of a change, and of nothing when nothing changed", async () => {
  const live = await listen(databaseUrl);
  const heard: string[] = [];
  live.onEvery("catalog", () => heard.push("catalog"));
  live.onEvery("end", () => heard.push("end"));
  try {
    await pushCatalog(deps, priceList());
    await pushCatalog(deps, priceList());
    await pushCatalog(deps, priceList({ pro: "39.99" }));
    // Announcements arrive in the order of their commits, so after this one there is none to come.
    await announce(connection.db, { kind: "end", subject: "end", facts: {} });
    await expect.poll(() => heard).toContain("end");
    expect(heard).toEqual(["catalog", "catalog", "end"]);
  } finally {
    await live.close();
  }
});
