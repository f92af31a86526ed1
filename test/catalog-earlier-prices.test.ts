import { afterAll, beforeAll, expect, test } from "vitest";
import { findPriceByStripeId } from "../src/billing/catalog/catalog.js";
import { parseCatalog } from "../src/billing/catalog/catalog-file.js";
import { planCatalog, pushCatalog } from "../src/billing/catalog/catalog-push.js";
import { type Bench, openBench, pricesInStripe } from "./catalog-fixtures.js";
import { changed, faultsOf, sound } from "./catalog-texts.js";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** The sound file whose paid tier was sold at these prices before. */
const soldAt = (...ids: string[]) => changed("    name: Pro", `    name: Pro\n    earlier_prices: [${ids.join(", ")}]`);

test("a price that was made elsewhere has its tier in every currency, is not on sale, and is left alone in Stripe", async () => {
  const { id } = await bench.stripe.prices.create({
    currency: "usd",
    unit_amount: 1_900,
    recurring: { interval: "month" },
    currency_options: { eur: { unit_amount: 1_800 } },
    product_data: { name: "The old plan" },
  });
  const definition = parseCatalog(soldAt(id), "catalog.yaml");
  await pushCatalog(bench.deps, parseCatalog(sound, "catalog.yaml"));
  const before = await pricesInStripe(bench.stripe);
  expect(await planCatalog(bench.deps.stripe, definition)).toEqual([]);
  expect((await pushCatalog(bench.deps, definition)).changes).toEqual([]);
  expect(await pricesInStripe(bench.stripe)).toEqual(before);

  const catalog = await bench.catalog();
  expect(findPriceByStripeId(catalog, id, "usd")).toMatchObject({
    tierSlug: "pro",
    unitAmount: 1_900,
    isActive: false,
  });
  expect(findPriceByStripeId(catalog, id, "eur")).toMatchObject({
    tierSlug: "pro",
    unitAmount: 1_800,
    isActive: false,
  });

  await pushCatalog(bench.deps, parseCatalog(sound, "catalog.yaml"));
  expect(findPriceByStripeId(await bench.catalog(), id, "usd")).toMatchObject({ tierSlug: "pro" });
});

test("a price that no tier can have is refused, and each of them is named", async () => {
  const product_data = { name: "Odd" };
  const once = await bench.stripe.prices.create({ currency: "usd", unit_amount: 100, product_data });
  const quarterly = await bench.stripe.prices.create({
    currency: "usd",
    unit_amount: 100,
    recurring: { interval: "month", interval_count: 3 },
    product_data,
  });
  const before = (await bench.catalog()).version;
  const definition = parseCatalog(soldAt(once.id, "price_nobody", quarterly.id), "catalog.yaml");
  const refused = pushCatalog(bench.deps, definition);
  await expect(refused).rejects.toThrow(`${once.id}, one of \`earlier_prices\` of \`pro\`, cannot be a tier's`);
  await expect(refused).rejects.toThrow("price_nobody, one of `earlier_prices` of `pro`, does not exist in Stripe");
  await expect(refused).rejects.toThrow(`${quarterly.id}, one of \`earlier_prices\` of \`pro\`, cannot be a tier's`);
  expect((await bench.catalog()).version).toBe(before);
});

test.each([
  ["a price twice", soldAt("price_a", "price_a"), "18:31 `price_a` is named twice. `pro` has it already."],
  [
    "a price of two tiers",
    soldAt("price_a").replace("    name: Crew", "    name: Crew\n    earlier_prices: [price_a]"),
    "26:22 `price_a` is named twice. `pro` has it already.",
  ],
  [
    "what is no ID",
    soldAt('"29.99 USD"'),
    '18:22 `earlier_prices[0]` cannot be "29.99 USD". It must be Stripe\'s ID of a price, such as price_1PgafmB7WZ01zgkW.',
  ],
  [
    "what is no list",
    changed("    name: Pro", "    name: Pro\n    earlier_prices: price_a"),
    '18:21 `earlier_prices` cannot be "price_a". It must be a list of Stripe\'s IDs of prices.',
  ],
])("%s is a fault with its place in the file", (_title, text, fault) => {
  expect(faultsOf(text)).toEqual([`catalog.yaml:${fault}`]);
});
