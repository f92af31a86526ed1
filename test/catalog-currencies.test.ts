import { afterEach, beforeEach, expect, test } from "vitest";
import { activePrices, findPrice, findPriceByStripeId } from "../src/billing/catalog/catalog.js";
import { planCatalog, pushCatalog } from "../src/billing/catalog/catalog-push.js";
import { openSql } from "../src/db/client.js";
import { type Bench, openBench, priceList, pricesInStripe } from "./catalog-fixtures.js";

let bench: Bench;

beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const inThree = "{ usd: 29.99, eur: 27.99, jpy: 4500 }";

async function activeIds(): Promise<string[]> {
  return activePrices(await bench.catalog(), "pro").map(({ id }) => id);
}

async function summaries(wanted: Parameters<typeof priceList>[0]): Promise<string[]> {
  return (await planCatalog(bench.deps.stripe, priceList(wanted))).map(({ summary }) => summary);
}

test("a price in several currencies is one price in Stripe, and a price of ours in each", async () => {
  const { changes } = await pushCatalog(bench.deps, priceList({ pro: inThree }));

  expect(changes).toContain("create price pro_month_usd_2999: 29.99 USD, 27.99 EUR, 4500 JPY a month");
  expect(await pricesInStripe(bench.stripe)).toEqual([
    ["pro_month_usd_2999", "pro_month_usd", { usd: 2999, eur: 2799, jpy: 4500 }, true],
  ]);
  const catalog = await bench.catalog();
  expect(await activeIds()).toEqual(["pro_month_eur_2799", "pro_month_jpy_4500", "pro_month_usd_2999"]);
  expect(new Set(catalog.prices.map(({ stripePriceId }) => stripePriceId)).size).toBe(1);
  const { stripePriceId = "" } = catalog.prices[0] ?? {};
  expect(findPriceByStripeId(catalog, stripePriceId, "jpy")).toMatchObject({ tierSlug: "pro", unitAmount: 4500 });
  expect(await pushCatalog(bench.deps, priceList({ pro: inThree }))).toMatchObject({
    changes: [],
    isNewVersion: false,
  });
});

test("a new currency is added to the price that is there, which stays one price", async () => {
  await pushCatalog(bench.deps, priceList());
  const { changes } = await pushCatalog(bench.deps, priceList({ pro: inThree }));

  expect(changes).toEqual(["add currencies to price pro_month_usd_2999: 27.99 EUR, 4500 JPY a month"]);
  expect(await pricesInStripe(bench.stripe)).toEqual([
    ["pro_month_usd_2999", "pro_month_usd", { usd: 2999, eur: 2799, jpy: 4500 }, true],
  ]);
  expect(await activeIds()).toHaveLength(3);
  expect(await summaries({ pro: inThree })).toEqual([]);
});

test("a new amount in one currency is a new price in Stripe, and the old one stays in every currency for those who have it", async () => {
  await pushCatalog(bench.deps, priceList({ pro: inThree }));
  const { stripePriceId: oldPrice = "" } = findPrice(await bench.catalog(), "pro_month_eur_2799") ?? {};
  await pushCatalog(bench.deps, priceList({ pro: "{ usd: 29.99, eur: 28.99, jpy: 4500 }" }));

  expect(await pricesInStripe(bench.stripe)).toEqual([
    ["pro_month_usd_2999", "pro_month_usd", { usd: 2999, eur: 2899, jpy: 4500 }, true],
    ["pro_month_usd_2999", null, { usd: 2999, eur: 2799, jpy: 4500 }, false],
  ]);
  const catalog = await bench.catalog();
  // The same amount of ours, charged by two prices in Stripe: the one on sale is what is sold.
  const same = findPrice(catalog, "pro_month_usd_2999");
  expect(same).toMatchObject({ isActive: true });
  expect(same?.stripePriceId).not.toBe(oldPrice);
  expect(findPriceByStripeId(catalog, oldPrice, "usd")).toMatchObject({ id: "pro_month_usd_2999", isActive: false });
  expect(findPriceByStripeId(catalog, oldPrice, "eur")).toMatchObject({ id: "pro_month_eur_2799", isActive: false });
  expect(await activeIds()).toEqual(["pro_month_eur_2899", "pro_month_jpy_4500", "pro_month_usd_2999"]);
  expect(await summaries({ pro: "{ usd: 29.99, eur: 28.99, jpy: 4500 }" })).toEqual([]);
});

test("a currency that leaves the file is sold no more, and its customers keep their tier", async () => {
  await pushCatalog(bench.deps, priceList({ pro: inThree }));
  const { stripePriceId = "" } = findPrice(await bench.catalog(), "pro_month_jpy_4500") ?? {};
  const { changes } = await pushCatalog(bench.deps, priceList({ pro: "{ usd: 29.99, eur: 27.99 }" }));

  expect(changes).toEqual([]);
  expect(await activeIds()).toEqual(["pro_month_eur_2799", "pro_month_usd_2999"]);
  expect(findPriceByStripeId(await bench.catalog(), stripePriceId, "jpy")).toMatchObject({ tierSlug: "pro" });
});

test("a currency that comes back at another amount is a new price", async () => {
  await pushCatalog(bench.deps, priceList({ pro: inThree }));
  await pushCatalog(bench.deps, priceList());
  await pushCatalog(bench.deps, priceList({ pro: "{ usd: 29.99, jpy: 5000 }" }));

  expect(await pricesInStripe(bench.stripe)).toEqual([
    ["pro_month_usd_2999", "pro_month_usd", { usd: 2999, jpy: 5000 }, true],
    ["pro_month_usd_2999", null, { usd: 2999, eur: 2799, jpy: 4500 }, false],
  ]);
});

test("an amount that somebody changed in Stripe is not sold: the push makes a price of the file's own", async () => {
  await pushCatalog(bench.deps, priceList({ pro: inThree }));
  const { stripePriceId = "" } = findPrice(await bench.catalog(), "pro_month_eur_2799") ?? {};
  await bench.stripe.prices.update(stripePriceId, { currency_options: { eur: { unit_amount: 1 } } });
  await pushCatalog(bench.deps, priceList({ pro: inThree }));

  const catalog = await bench.catalog();
  expect(findPrice(catalog, "pro_month_eur_2799")?.stripePriceId).not.toBe(stripePriceId);
  // Whoever pays it is on the tier still, and what they see is what Stripe charges.
  expect(findPriceByStripeId(catalog, stripePriceId, "eur")).toMatchObject({ tierSlug: "pro", unitAmount: 1 });
});

test("a price with the tax in it is another one than the same amount without", async () => {
  await pushCatalog(bench.deps, priceList());
  await pushCatalog(bench.deps, priceList({ tax: "inclusive" }));

  const { data } = await bench.stripe.prices.list({ limit: 10 });
  expect(data.map(({ tax_behavior, active }) => [tax_behavior, active])).toEqual([
    ["inclusive", true],
    ["exclusive", false],
  ]);
  const catalog = await bench.catalog();
  expect(findPrice(catalog, "pro_month_usd_2999")).toMatchObject({ isActive: false, isTaxInclusive: false });
  expect(findPrice(catalog, "pro_month_usd_2999_inclusive")).toMatchObject({ isActive: true, isTaxInclusive: true });
});

test("a price that somebody made the product's default is archived all the same", async () => {
  await pushCatalog(bench.deps, priceList());
  const { stripePriceId = "" } = findPrice(await bench.catalog(), "pro_month_usd_2999") ?? {};
  await bench.stripe.products.update("billing_pro", { default_price: stripePriceId });
  await expect(bench.stripe.prices.update(stripePriceId, { active: false })).rejects.toThrow("default price");

  const { changes } = await pushCatalog(bench.deps, priceList({ pro: "39.99" }));
  expect(changes).toContain("take price pro_month_usd_2999 from product billing_pro as its default");
  expect((await bench.stripe.prices.retrieve(stripePriceId)).active).toBe(false);
});

test("a catalog stored by a release that knew no tax and no seats means what it meant", async () => {
  await pushCatalog(bench.deps, priceList());
  const sql = openSql(bench.databaseUrl, { max: 1, applicationName: "tests" });
  await sql`
    update catalog_versions set definition = (definition - 'tax') ||
      jsonb_build_object('tiers', (select jsonb_agg(tier - 'seats') from jsonb_array_elements(definition -> 'tiers') tier))`;
  await sql.end();
  const { tax, tiers } = await bench.catalog();
  expect(tax).toEqual({ behavior: "exclusive", automatic: false });
  expect(tiers.map(({ seats }) => seats)).toEqual(tiers.map(() => ({ min: 1, max: 1 })));
});
