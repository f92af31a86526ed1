import { afterAll, beforeAll, expect, test } from "vitest";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { pushCatalog } from "../src/billing/catalog/catalog-push.js";
import { openSql } from "../src/db/client.js";
import { announce } from "../src/live/announce.js";
import { makeCatalogGateway } from "../src/stripe/catalog-gateway.js";
import { startTestApp, type TestApp } from "./support/app.js";
import type { Person } from "./support/person.js";
import { quiet } from "./support/quiet.js";
import { until } from "./support/until.js";

const token = "a-token-for-prometheus";
let app: TestApp;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ app, stop } = await startTestApp({ environment: { METRICS_TOKEN: token } }));
});
afterAll(() => stop());

const state = `{ currentSubscription { tier { slug } price { id } } entitlement(feature: "guests") { limit } }`;

/** How often a subscription was read at an unknown price, as Prometheus would see it. */
async function counted(): Promise<number> {
  const answer = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.headers.get("content-type")).toContain("text/plain");
  const [, value] = /^billing_unknown_prices_total (\d+)$/m.exec(await answer.text()) ?? [];
  return Number(value);
}

/** Makes the service forget the tier's prices: what a database restored from an old copy would not know. */
async function forgetPrices(tier: string): Promise<void> {
  const loadedBefore = catalogLoads();
  const sql = openSql(app.config.database.url, { max: 1, applicationName: "tests" });
  await sql`delete from catalog_prices where tier_slug = ${tier}`;
  await sql.end();
  await announce(app.connection.db, { kind: "catalog", subject: "catalog", facts: {} });
  await until("the catalog read again", () => catalogLoads() > loadedBefore);
}

function catalogLoads(): number {
  return app.logged.filter((line) => line.includes("catalog loaded")).length;
}

/** Something happens to the subscription at Stripe, so that it is read again. */
async function touch(person: Person): Promise<void> {
  const [customer] = (await app.stripe.customers.list({ email: `${person.sub}@example.com` })).data;
  const { data } = await app.stripe.subscriptions.list({ customer: customer?.id ?? "" });
  for (const { id } of data) await app.stripe.subscriptions.update(id, { metadata: { seen: String(Date.now()) } });
  await quiet(app);
}

test("a subscription at a price that nobody knows keeps its last tier, is counted, and gets its price with the next push", async () => {
  const ada = await app.customerOn("professional", "ada");
  expect(await counted()).toBe(0);
  await forgetPrices("professional");
  await touch(ada);

  expect(await ada.ask(state)).toEqual({
    currentSubscription: { tier: { slug: "professional" }, price: null },
    entitlement: { limit: 6 },
  });
  expect(await counted()).toBeGreaterThan(0);
  expect(app.logged.join()).toContain("subscription has an unknown price");

  const loadedBefore = catalogLoads();
  const deps = { db: app.connection.db, stripe: makeCatalogGateway(app.stripe), now: app.now };
  await pushCatalog(deps, await readCatalogFile("catalog.yaml"));
  await until("the pushed catalog read", () => catalogLoads() > loadedBefore);
  // What has fallen due is looked for each minute, and at once when the clock is moved.
  await app.sandbox.advance(60);
  await until("the price known", async () => (await ada.ask(state)).currentSubscription.price);
  expect(await ada.ask(state)).toEqual({
    currentSubscription: { tier: { slug: "professional" }, price: { id: "price_bprofessional_month_usd_2999" } },
    entitlement: { limit: 6 },
  });
});

test.each([
  ["no token", undefined],
  ["another token", `Bearer ${token}!`],
  ["another scheme", `Basic ${token}`],
])("metrics are nowhere to be found for %s", async (_title, authorization) => {
  const answer = await fetch(`${app.url}/metrics`, { headers: authorization ? { authorization } : {} });
  expect(answer.status).toBe(404);
  const nowhere = await fetch(`${app.url}/nowhere`);
  expect(await answer.text()).toBe(await nowhere.text());
});

test("metrics are not served at all unless a token is set", async () => {
  const bare = await startTestApp({ worker: false });
  try {
    const answer = await fetch(`${bare.app.url}/metrics`, { headers: { authorization: "Bearer " } });
    expect(answer.status).toBe(404);
  } finally {
    await bare.stop();
  }
});
