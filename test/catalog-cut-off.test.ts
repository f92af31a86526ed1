import { afterEach, beforeEach, expect, test } from "vitest";
import { apiVersion } from "../sandbox/world.js";
import { planCatalog, pushCatalog, type WantedWebhook } from "../src/billing/catalog/catalog-push.js";
import type { CatalogGateway } from "../src/stripe/catalog-gateway.js";
import { type Bench, cutOffAfter, openBench, priceList, pricesInStripe } from "./catalog-fixtures.js";

const url = "https://billing.example.com/webhooks/stripe";
const webhook: WantedWebhook = { url, events: ["invoice.paid", "charge.failed"], onSecret: () => {} };
const team = "  team: { name: Team, prices: { month: 49, year: 490 }, features: { guests: 20 } }";
const wanted = priceList({ pro: "{ usd: 29.99, eur: 27.99 }", extra: team });

let bench: Bench;

/** A Stripe in which a push has one of everything to do. */
beforeEach(async () => {
  bench = await openBench();
  const { stripe, deps } = bench;
  await pushCatalog(deps, priceList());
  await pushCatalog(deps, priceList({ pro: "39.99" }));
  const { data: prices } = await stripe.prices.list({ active: true });
  for (const { id } of prices) await stripe.products.update("billing_pro", { default_price: id, name: "Old name" });
  const { data: portals } = await stripe.billingPortal.configurations.list();
  for (const { id } of portals) await stripe.billingPortal.configurations.update(id, { active: false });
  await stripe.webhookEndpoints.create({ url, enabled_events: ["invoice.paid"], api_version: apiVersion });
  await stripe.webhookEndpoints.create({ url, enabled_events: ["invoice.paid"], api_version: apiVersion });
});
afterEach(() => bench.close());

async function expectAllDone(): Promise<void> {
  expect(await pushCatalog(bench.deps, wanted, webhook)).toMatchObject({ version: 3, isNewVersion: true });
  expect(await planCatalog(bench.deps.stripe, wanted, webhook)).toEqual([]);
  expect(await pushCatalog(bench.deps, wanted, webhook)).toMatchObject({
    changes: [],
    version: 3,
    isNewVersion: false,
  });
  expect(await pricesInStripe(bench.stripe)).toEqual([
    ["pro_month_usd_2999", "pro_month_usd", { usd: 2999, eur: 2799 }, true],
    ["pro_month_usd_3999", null, { usd: 3999 }, false],
    ["team_month_usd_4900", "team_month_usd", { usd: 4900 }, true],
    ["team_year_usd_49000", "team_year_usd", { usd: 49_000 }, true],
  ]);
  expect((await bench.stripe.billingPortal.configurations.list()).data).toHaveLength(1);
  const { data: endpoints } = await bench.stripe.webhookEndpoints.list();
  expect(endpoints.map(({ status }) => status).toSorted()).toEqual(["disabled", "enabled"]);
}

/** Each call of a push that changes something. */
type Step = Exclude<keyof CatalogGateway, `${"find" | "list"}${string}`>;

const stepsHere = [
  "createTierProduct",
  "updateTierProduct",
  "dropDefaultPrice",
  "createTierPrice",
  "addCurrencies",
  "restorePrice",
  "archivePrice",
  "resetPortalSettings",
  "updateWebhookEndpoint",
  "disableWebhookEndpoint",
] as const satisfies Step[];
const stepsOfFirst = ["createPortalSettings", "createWebhookEndpoint"] as const satisfies Step[];

test("every step of a push is cut off below", () => {
  const steps = Object.keys(bench.deps.stripe).filter((name) => !/^(find|get|list)/.test(name));
  expect([...stepsHere, ...stepsOfFirst].toSorted()).toEqual(steps.toSorted());
});

test.each(stepsHere)("a push cut off after %s, before it hears of it, is finished by the next", async (step) => {
  const dying = { ...bench.deps, stripe: cutOffAfter(bench.deps.stripe, step) };
  await expect(pushCatalog(dying, wanted, webhook)).rejects.toThrow("cut off");
  expect(await bench.catalog()).toMatchObject({ version: 2 });
  await expectAllDone();
});

test("a push cut off when all was done in Stripe and nothing stored keeps what it made", async () => {
  // The second look at Stripe is after every change and before the first word to Postgres.
  let looks = 0;
  const stripe = new Proxy(bench.deps.stripe, {
    get: (gateway, name) => (name === "listTierProducts" && ++looks === 2 ? die : Reflect.get(gateway, name)),
  });
  const die = () => Promise.reject(new Error("cut off"));
  await expect(pushCatalog({ ...bench.deps, stripe }, wanted, webhook)).rejects.toThrow("cut off");
  expect(await bench.catalog()).toMatchObject({ version: 2 });
  const made = await pricesInStripe(bench.stripe);

  expect(await pushCatalog(bench.deps, wanted, webhook)).toMatchObject({ changes: [], version: 3 });
  expect(await pricesInStripe(bench.stripe)).toEqual(made);
});

test.each(stepsOfFirst)("a first push cut off after %s does not make it twice", async (step) => {
  const empty = await openBench();
  try {
    const dying = { ...empty.deps, stripe: cutOffAfter(empty.deps.stripe, step) };
    await expect(pushCatalog(dying, wanted, webhook)).rejects.toThrow("cut off");
    await pushCatalog(empty.deps, wanted, webhook);
    expect((await empty.stripe.billingPortal.configurations.list()).data).toHaveLength(1);
    expect((await empty.stripe.webhookEndpoints.list()).data).toHaveLength(1);
    expect(await planCatalog(empty.deps.stripe, wanted, webhook)).toEqual([]);
  } finally {
    await empty.close();
  }
});

test.each([
  "/v1/products",
  "/v1/products/*",
  "/v1/prices",
  "/v1/prices/*",
  "/v1/billing_portal/configurations/*",
  "/v1/webhook_endpoints/*",
])(
  "a connection that breaks after Stripe did what %s asked, and its retry too, costs another push and nothing else",
  async (path) => {
    const fault = { method: "POST", path, times: 2, after: true };
    const headers = { "content-type": "application/json" };
    await fetch(`${bench.sandbox.url}/sandbox/faults`, { method: "POST", headers, body: JSON.stringify(fault) });

    await expect(pushCatalog(bench.deps, wanted, webhook)).rejects.toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
    await expectAllDone();
  },
);
