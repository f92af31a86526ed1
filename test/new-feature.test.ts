import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { pushCatalog } from "../src/billing/catalog/catalog-push.js";
import { makeCatalogGateway } from "../src/stripe/catalog-gateway.js";
import { type TestApp, test } from "./support/app.js";
import { until } from "./support/until.js";
import { record, report, reserve, results, settle } from "./support/usage.js";

/** The shipped file with two features more; nothing else is changed anywhere. */
async function pushWithNewFeatures(app: TestApp): Promise<void> {
  const shipped = await readFile("catalog.yaml", "utf8");
  const changed = shipped
    .replace(
      "\ntiers:\n",
      `
  api_calls:
    name: API calls
    kind: metered
    unit: call
  chat_messages:
    name: Chat messages
    kind: metered
    unit: message
    self_reported: true

tiers:
`,
    )
    .replace("      guests: 1\n", "      guests: 1\n      api_calls: 10\n      chat_messages: 5\n")
    .replace("      guests: 3\n", "      guests: 3\n      api_calls: 1000\n");
  expect(changed).not.toBe(shipped);
  const file = join(await mkdtemp(join(tmpdir(), "billing-catalog-")), "catalog.yaml");
  await writeFile(file, changed);
  const deps = { db: app.connection.db, stripe: makeCatalogGateway(app.stripe), now: app.now };
  await pushCatalog(deps, await readCatalogFile(file));
  await until("the service has the new catalog", async () => {
    const { data } = await app.graphql(`{ tier(slug: "free") { features { feature { key } } } }`);
    return JSON.stringify(data).includes("api_calls");
  });
}

test("a new metered feature is a change to catalog.yaml and nothing else", async ({ app }) => {
  await pushWithNewFeatures(app);
  const [counted] = await results(report(app, "ada", [{ feature: "api_calls", quantity: 9 }]));
  expect(counted).toMatchObject({ isAccepted: true, entitlement: { used: 9, limit: 10, remaining: 1 } });
  const [refused] = await results(report(app, "ada", [{ feature: "api_calls", quantity: 2 }]));
  expect(refused).toMatchObject({ isAccepted: false, userErrors: [{ code: "USAGE_LIMIT_REACHED" }] });
  const ada = await app.customerOn("starter", "ada");
  const gate = `{ entitlement(feature: "api_calls") { hasAccess(quantity: 991) limit used upgradeTier { slug } } }`;
  expect((await ada.ask(gate)).entitlement).toEqual({ hasAccess: true, limit: 1_000, used: 0, upgradeTier: null });
});

test("what the catalog marks self-reported a customer may report, set aside and settle, for themselves alone", async ({
  app,
}) => {
  await pushWithNewFeatures(app);
  const bob = app.person("bob");
  const events = [{ feature: "chat_messages", quantity: 2, idempotencyKey: "m" }];
  const { recordUsage } = await bob.ask(record, { input: { events } });
  expect(recordUsage.results).toMatchObject([{ isAccepted: true, entitlement: { used: 2, limit: 5 } }]);
  const expiresAt = new Date(app.now().getTime() + 60_000).toISOString();
  const wanted = { feature: "chat_messages", quantity: 3, expiresAt, idempotencyKey: "r" };
  const { reserveUsage } = await bob.ask(reserve, { input: wanted });
  expect(reserveUsage).toMatchObject({ reservation: { status: "OPEN" }, userErrors: [] });
  const settlement = { input: { reservationId: reserveUsage.reservation.id, quantity: 1 } };
  expect((await app.person("eve").ask(settle, settlement)).settleUsage.userErrors).toMatchObject([
    { code: "NOT_FOUND" },
  ]);
  expect((await bob.ask(settle, settlement)).settleUsage).toMatchObject({ entitlement: { used: 3, remaining: 2 } });
  for (const [mutation, input] of [
    [record, { events }],
    [reserve, wanted],
  ] as const) {
    const { data } = await app.person("eve").graphql(mutation, { input: { ...input, externalCustomerId: "bob" } });
    expect((data.recordUsage ?? data.reserveUsage).userErrors).toMatchObject([
      { code: "INVALID_INPUT", path: ["input", "externalCustomerId"] },
    ]);
  }
});
