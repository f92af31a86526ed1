import { sql } from "drizzle-orm";
import { test as base, expect } from "vitest";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { planCatalog } from "../src/billing/catalog/catalog-push.js";
import { makeCatalogGateway } from "../src/stripe/catalog-gateway.js";
import { startTestApp, type TestApp } from "./support/app.js";
import { deliver, eventOf, inbox, thinOf } from "./support/deliveries.js";
import { meteredEnvironment, metricsOf } from "./support/metrics.js";
import { quiet } from "./support/quiet.js";
import { until } from "./support/until.js";

const test = base.extend<{ app: TestApp }>({
  app: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ environment: meteredEnvironment });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
});

const message = "Stripe differs from the catalog in force: push the catalog again";

/** What operators were told to do while something happened in Stripe's dashboard, object by object. */
async function told(app: TestApp, happen: () => Promise<unknown>): Promise<Record<string, string[]>> {
  await quiet(app);
  const before = app.logged.length;
  await happen();
  await quiet(app);
  const lines = app.logged.slice(before).map((line) => JSON.parse(line));
  const warnings = lines.filter(({ msg, level }) => msg === message && level === 40);
  return Object.fromEntries(warnings.map(({ object, toDo }) => [object, toDo]));
}

/** What `npm run catalog -- plan` would show. */
async function planned({ stripe }: TestApp): Promise<string[]> {
  const changes = await planCatalog(makeCatalogGateway(stripe), await readCatalogFile("catalog.yaml"));
  return changes.map(({ summary }) => summary);
}

async function priceOf({ stripe }: TestApp, lookupKey: string) {
  const [price] = (await stripe.prices.list({ lookup_keys: [lookupKey] })).data;
  if (!price) throw new Error(`There is no price ${lookupKey}.`);
  return price;
}

const differences = async (app: TestApp, what: "product" | "portal") =>
  (await metricsOf(app))(`billing_catalog_differences_total{reason="${what}"}`);

test("a price that was archived in the dashboard is told of, as the plan of a push shows it, until it is set right", async ({
  app,
}) => {
  const { id } = await priceOf(app, "starter_month_usd");
  const before = await differences(app, "product");
  const warnings = await told(app, () => app.stripe.prices.update(id, { active: false }));
  expect(Object.keys(warnings)).toEqual(["billing_starter"]);
  expect(warnings["billing_starter"]).toEqual([expect.stringContaining("restore price starter_month_usd_999")]);
  expect(await planned(app)).toEqual(warnings["billing_starter"]);
  expect(await differences(app, "product")).toBe(before + 1);
  expect(await told(app, () => app.stripe.prices.update(id, { active: true }))).toEqual({});
  expect(await planned(app)).toEqual([]);
});

test("a price whose lookup key was given to something else is told of, and so is a product that was renamed", async ({
  app,
}) => {
  const price = await priceOf(app, "starter_year_usd");
  const { product } = price;
  const moved = await told(app, () => app.stripe.prices.update(price.id, { lookup_key: "elsewhere" }));
  expect(moved).toEqual({ billing_starter: [expect.stringContaining("restore price starter_year_usd")] });
  await app.stripe.prices.update(price.id, { lookup_key: "starter_year_usd" });
  const { name } = await app.stripe.products.retrieve(String(product));
  const renamed = await told(app, () => app.stripe.products.update(String(product), { name: "Beginner" }));
  expect(renamed).toEqual({ billing_starter: [expect.stringContaining("update product billing_starter")] });
  expect(await told(app, () => app.stripe.products.update(String(product), { name }))).toEqual({});
});

test("a tier's product that is not there any more is told of", async ({ app }) => {
  const deleted = eventOf("product.deleted", { object: "product", id: "billing_starter" });
  const { metadata } = await app.stripe.products.retrieve("billing_starter");
  const warnings = await told(app, async () => {
    await app.stripe.products.update("billing_starter", { metadata: { billing_tier: "" } });
    await deliver(app, deleted);
  });
  expect(warnings["billing_starter"]?.[0]).toContain("create product billing_starter");
  await app.stripe.products.update("billing_starter", { metadata });
});

test("thin events of prices and products tell the same", async ({ app }) => {
  const { id } = await priceOf(app, "starter_month_usd");
  await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
  await app.stripe.prices.update(id, { active: false });
  await app.sandbox.answered();
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
  const warnings = await told(app, () => deliver(app, thinOf("v1.price.updated", { type: "price", id })));
  expect(Object.keys(warnings)).toEqual(["billing_starter"]);
  await app.stripe.prices.update(id, { active: true });
});

test("what others sell in the same account is none of our business", async ({ app }) => {
  const mug = await app.stripe.products.create({ name: "Mug" });
  const warnings = await told(app, async () => {
    await app.stripe.prices.create({ product: mug.id, currency: "usd", unit_amount: 900 });
    await app.stripe.billingPortal.configurations.create({ features: { invoice_history: { enabled: true } } });
    const [theirs] = (await app.stripe.billingPortal.configurations.list()).data;
    await app.stripe.billingPortal.configurations.update(theirs?.id ?? "", { active: false });
  });
  expect(warnings).toEqual({});
  const types = ["product.created", "price.created", "billing_portal.configuration.updated"];
  const rows = (await Promise.all(types.map((type) => inbox(app, type)))).map((found) => found.at(-1));
  expect(rows.map((row) => row?.status)).toEqual(["IGNORED", "IGNORED", "IGNORED"]);
  expect(rows.every((row) => row?.problem?.includes("none of this service's"))).toBe(true);
});

test("settings of the portal that were changed in the dashboard are told of", async ({ app }) => {
  const [ours] = (await app.stripe.billingPortal.configurations.list()).data.filter(
    ({ metadata }) => metadata?.["billing_portal"] === "true",
  );
  const id = ours?.id ?? "";
  const set = (enabled: boolean) =>
    told(app, () => app.stripe.billingPortal.configurations.update(id, { features: { invoice_history: { enabled } } }));
  expect(await set(false)).toEqual({ [id]: [expect.stringContaining(`reset settings ${id}`)] });
  expect(await differences(app, "portal")).toBe(1);
  expect(await set(true)).toEqual({});
});

test("while a push is under way nothing is told of what it has changed already", async ({ app }) => {
  const { id } = await priceOf(app, "starter_month_usd");
  const warnings = await told(app, () =>
    app.connection.db.transaction(async (db) => {
      await db.execute("select pg_advisory_xact_lock(hashtextextended('catalog', 0))");
      await app.stripe.prices.update(id, { active: false });
      await until("the look at it waits for the push", async () => {
        const waiting = await db.execute(sql`select 1 from pg_locks join pg_database on pg_database.oid = database
          where datname = current_database() and locktype = 'advisory' and not granted`);
        return waiting.length > 0;
      });
      await app.stripe.prices.update(id, { active: true });
    }),
  );
  expect(warnings).toEqual({});
});
