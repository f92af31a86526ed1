import { afterEach, beforeEach, expect, test } from "vitest";
import { findPrice, findTier, visibleTiers } from "../src/billing/catalog/catalog.js";
import { findCatalog } from "../src/billing/catalog/catalog.repository.js";
import { planCatalog, pushCatalog } from "../src/billing/catalog/catalog-push.js";
import { announce } from "../src/live/announce.js";
import { listen } from "../src/live/listen.js";
import { type Bench, openBench, priceList, pricesInStripe } from "./catalog-fixtures.js";

let bench: Bench;

beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const team = "  team: { name: Team, prices: { month: 49, year: 490 }, features: { guests: 20 } }";
const portal = "create settings of the billing portal: card, address, invoices, cancelling at the period's end";

test("there is no catalog before the first push", async () => {
  expect(await findCatalog(bench.connection.db)).toBeUndefined();
});

test("a first push makes the products and prices in Stripe, and the catalog", async () => {
  const push = await pushCatalog(bench.deps, priceList());

  expect(push).toEqual({
    changes: ['create product billing_pro "Pro"', "create price pro_month_usd_2999: 29.99 USD a month", portal],
    version: 1,
    isNewVersion: true,
  });
  expect(await bench.stripe.products.retrieve("billing_pro")).toMatchObject({
    name: "Pro",
    description: "For shows",
    metadata: { billing_tier: "pro" },
  });
  expect(await pricesInStripe(bench.stripe)).toEqual([["pro_month_usd_2999", "pro_month_usd", { usd: 2999 }, true]]);
  const catalog = await bench.catalog();
  expect(visibleTiers(catalog).map(({ slug }) => slug)).toEqual(["free", "pro"]);
  expect(findPrice(catalog, "pro_month_usd_2999")).toMatchObject({
    isActive: true,
    stripePriceId: expect.stringMatching(/^price_/),
  });
});

test("a plan says what a push would do, and does nothing", async () => {
  const plan = await planCatalog(bench.deps.stripe, priceList());

  expect(plan.map(({ summary }) => summary)).toEqual([
    'create product billing_pro "Pro"',
    "create price pro_month_usd_2999: 29.99 USD a month",
    portal,
  ]);
  expect(await pricesInStripe(bench.stripe)).toEqual([]);
});

test("a second push of the same changes nothing, in Stripe or here", async () => {
  await pushCatalog(bench.deps, priceList());
  const before = await bench.catalog();

  expect(await pushCatalog(bench.deps, priceList())).toEqual({ changes: [], version: 1, isNewVersion: false });
  expect(await planCatalog(bench.deps.stripe, priceList())).toEqual([]);
  expect(await bench.catalog()).toEqual(before);
});

test("a new amount is a new price, and the old one stays for those who bought it", async () => {
  await pushCatalog(bench.deps, priceList());
  const push = await pushCatalog(bench.deps, priceList({ pro: "39.99" }));

  expect(push).toMatchObject({ version: 2, isNewVersion: true });
  expect(await pricesInStripe(bench.stripe)).toEqual([
    ["pro_month_usd_2999", null, { usd: 2999 }, false],
    ["pro_month_usd_3999", "pro_month_usd", { usd: 3999 }, true],
  ]);
  const catalog = await bench.catalog();
  expect(findPrice(catalog, "pro_month_usd_2999")).toMatchObject({ tierSlug: "pro", isActive: false });
  expect(findPrice(catalog, "pro_month_usd_3999")).toMatchObject({ tierSlug: "pro", isActive: true });
});

test("going back to an old amount offers the old price again", async () => {
  await pushCatalog(bench.deps, priceList());
  const { stripePriceId } = findPrice(await bench.catalog(), "pro_month_usd_2999") ?? {};
  await pushCatalog(bench.deps, priceList({ pro: "39.99" }));
  const push = await pushCatalog(bench.deps, priceList());

  expect(push).toMatchObject({ version: 3, isNewVersion: true });
  expect(findPrice(await bench.catalog(), "pro_month_usd_2999")).toMatchObject({ isActive: true, stripePriceId });
  expect(await pricesInStripe(bench.stripe)).toEqual([
    ["pro_month_usd_2999", "pro_month_usd", { usd: 2999 }, true],
    ["pro_month_usd_3999", null, { usd: 3999 }, false],
  ]);
});

test("a tier may be sold by several intervals", async () => {
  await pushCatalog(bench.deps, priceList({ extra: team }));
  expect(await pricesInStripe(bench.stripe)).toEqual([
    ["pro_month_usd_2999", "pro_month_usd", { usd: 2999 }, true],
    ["team_month_usd_4900", "team_month_usd", { usd: 4900 }, true],
    ["team_year_usd_49000", "team_year_usd", { usd: 49_000 }, true],
  ]);
});

test("a tier that leaves the file leaves the price list, and keeps serving its customers", async () => {
  await pushCatalog(bench.deps, priceList({ extra: team }));
  await pushCatalog(bench.deps, priceList());
  const catalog = await bench.catalog();

  expect(visibleTiers(catalog).map(({ slug }) => slug)).toEqual(["free", "pro"]);
  expect(findTier(catalog, "team")).toMatchObject({ isHidden: true, grants: { guests: { limit: 20 } } });
  expect(findPrice(catalog, "team_month_usd_4900")).toMatchObject({ tierSlug: "team", isActive: false });
  expect(await pushCatalog(bench.deps, priceList())).toEqual({ changes: [], version: 2, isNewVersion: false });
});

test("new words for a tier reach Stripe and keep its prices", async () => {
  await pushCatalog(bench.deps, priceList());
  const [before] = (await bench.catalog()).prices;
  const renamed = {
    ...priceList(),
    tiers: priceList().tiers.map((tier) => ({ ...tier, name: `${tier.name}!`, description: null })),
  };
  const push = await pushCatalog(bench.deps, renamed);

  expect(push.changes).toEqual(['update product billing_pro "Pro!"']);
  expect(await bench.stripe.products.retrieve("billing_pro")).toMatchObject({ name: "Pro!", description: null });
  expect((await bench.catalog()).prices).toEqual([before]);
});

test("only the limits changed: Stripe is left alone and a new version is in force", async () => {
  await pushCatalog(bench.deps, priceList());
  const tiers = priceList().tiers.map((tier) => ({ ...tier, grants: { guests: { isIncluded: true, limit: 7 } } }));

  expect(await pushCatalog(bench.deps, { ...priceList(), tiers })).toEqual({
    changes: [],
    version: 2,
    isNewVersion: true,
  });
});

test("what others made in the same Stripe account is left alone", async () => {
  const product = await bench.stripe.products.create({ name: "Mugs" });
  const mug = await bench.stripe.prices.create({ product: product.id, currency: "usd", unit_amount: 900 });
  await pushCatalog(bench.deps, priceList());
  const deal = await bench.stripe.prices.create({
    product: "billing_pro",
    currency: "usd",
    unit_amount: 500,
    recurring: { interval: "month" },
  });

  expect(await pushCatalog(bench.deps, priceList({ pro: "39.99" }))).toMatchObject({ version: 2 });
  expect((await bench.stripe.prices.retrieve(mug.id)).active).toBe(true);
  expect((await bench.stripe.prices.retrieve(deal.id)).active).toBe(true);
});

test("two pushes at once make everything once", async () => {
  const pushes = await Promise.all([pushCatalog(bench.deps, priceList()), pushCatalog(bench.deps, priceList())]);

  expect(pushes.map(({ version }) => version)).toEqual([1, 1]);
  expect(await pricesInStripe(bench.stripe)).toEqual([["pro_month_usd_2999", "pro_month_usd", { usd: 2999 }, true]]);
});

test("a new database learns every price ever sold from Stripe", async () => {
  await pushCatalog(bench.deps, priceList());
  await pushCatalog(bench.deps, priceList({ pro: "39.99" }));
  const other = await openBench();
  try {
    await pushCatalog({ ...other.deps, stripe: bench.deps.stripe }, priceList({ pro: "39.99" }));
    expect((await other.catalog()).prices).toEqual((await bench.catalog()).prices);
  } finally {
    await other.close();
  }
});

test("a lookup key that was taken from a price in Stripe is given back to it", async () => {
  await pushCatalog(bench.deps, priceList());
  const { stripePriceId = "" } = findPrice(await bench.catalog(), "pro_month_usd_2999") ?? {};
  await bench.stripe.prices.update(stripePriceId, { lookup_key: "" });

  expect(await pushCatalog(bench.deps, priceList())).toMatchObject({
    changes: [expect.stringMatching(/^restore price/)],
    version: 1,
  });
  expect(await pricesInStripe(bench.stripe)).toEqual([["pro_month_usd_2999", "pro_month_usd", { usd: 2999 }, true]]);
});

test("every process hears of a change, and of nothing when nothing changed", async () => {
  const live = await listen(bench.databaseUrl);
  const heard: string[] = [];
  live.onEvery("catalog", () => heard.push("catalog"));
  live.onEvery("end", () => heard.push("end"));
  try {
    await pushCatalog(bench.deps, priceList());
    await pushCatalog(bench.deps, priceList());
    await pushCatalog(bench.deps, priceList({ pro: "39.99" }));
    // Announcements arrive in the order of their commits, so after this one there is none to come.
    await announce(bench.connection.db, { kind: "end", subject: "end", facts: {} });
    await expect.poll(() => heard).toContain("end");
    expect(heard).toEqual(["catalog", "catalog", "end"]);
  } finally {
    await live.close();
  }
});
