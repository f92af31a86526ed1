import { expect } from "vitest";
import { findNewestVersion, insertVersion } from "../src/billing/catalog/catalog.repository.js";
import { type TestApp, test } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import { openStream } from "./support/stream.js";
import { count, report, results } from "./support/usage.js";

const changes = `subscription ($id: ID) { entitlementsChanged(externalCustomerId: $id) {
  cause occurredAt customer { externalId } entitlements { feature { key } used remaining hasAccess source } } }`;

test("whoever listens hears that a limit is nearly used up, and that it is", async ({ app }) => {
  const ada = await app.person("ada").subscribe(changes);
  await count(app, "ada", "streaming_minutes", 40);
  await count(app, "ada", "streaming_minutes", 8);
  expect((await ada.next()).data.entitlementsChanged).toEqual({
    cause: "USAGE",
    occurredAt: expect.stringMatching(/^\d{4}-.*Z$/),
    customer: { externalId: "ada" },
    entitlements: [
      { feature: { key: "streaming_minutes" }, used: 48, remaining: 12, hasAccess: true, source: "FREE_TIER" },
    ],
  });
  await count(app, "ada", "streaming_minutes", 11);
  await count(app, "ada", "streaming_minutes", 1);
  expect((await ada.next()).data.entitlementsChanged.entitlements).toMatchObject([{ used: 60, hasAccess: false }]);
  await results(report(app, "ada", [{ feature: "streaming_minutes" }]));
  expect(ada.waiting).toEqual([]);
});

test("what is given back is heard of, once there is room again", async ({ app }) => {
  const bob = await app.person("bob").subscribe(changes);
  await count(app, "bob", "guests", 1);
  expect((await bob.next()).data.entitlementsChanged.entitlements).toMatchObject([{ used: 1, hasAccess: false }]);
  await count(app, "bob", "guests", -1);
  expect((await bob.next()).data.entitlementsChanged.entitlements).toMatchObject([{ used: 0, hasAccess: true }]);
});

test("a service hears of the customer that it names, or of everybody", async ({ app }) => {
  const service = app.person("backend", { role: "service" });
  const [named, all] = [await service.subscribe(changes, { id: "cleo" }), await service.subscribe(changes)];
  await count(app, "dan", "streaming_minutes", 60);
  await count(app, "cleo", "streaming_minutes", 60);
  expect((await named.next()).data.entitlementsChanged.customer.externalId).toBe("cleo");
  const heard = [(await all.next()).data, (await all.next()).data];
  expect(heard.map(({ entitlementsChanged }) => entitlementsChanged.customer.externalId)).toEqual(["dan", "cleo"]);
  expect(named.waiting).toEqual([]);
});

test("nobody but a service names a customer, and not by what cannot be an ID", async ({ app }) => {
  for (const [person, id] of [
    [app.person("eve"), "ada"],
    [app.person("backend", { role: "service" }), "\u0000"],
  ] as const) {
    const stream = await person.subscribe(changes, { id });
    expect(codesOf(await stream.next())).toEqual(["BAD_USER_INPUT"]);
  }
  const anonymous = await openStream(app.url, undefined, changes);
  expect(codesOf(await anonymous.next())).toEqual(["UNAUTHENTICATED"]);
});

test("a purchase that brings hundreds of features goes through, and is heard of in parts", async ({ app }) => {
  const { version: _, portalConfigurationId, ...newest } = await newestVersion(app);
  const keys = Array.from({ length: 300 }, (_each, n) => `feature_of_which_there_are_a_great_many_${n}`.slice(-40));
  const { definition } = newest;
  const [model] = definition.features;
  if (!model) throw new Error("The catalog has no feature.");
  const more = Object.fromEntries(keys.map((key) => [key, { isIncluded: true, limit: null }]));
  await insertVersion(app.connection.db, {
    ...{ hash: "hundreds", pushedAt: app.now(), portalConfigurationId },
    definition: {
      ...definition,
      features: [...definition.features, ...keys.map((key): typeof model => ({ ...model, key, kind: "SWITCH" }))],
      tiers: definition.tiers.map((tier) =>
        tier.slug === "starter" ? { ...tier, grants: { ...tier.grants, ...more } } : tier,
      ),
    },
  });
  const hal = app.person("hal");
  const stream = await hal.subscribe(changes);
  await app.customerOn("starter", "hal");
  expect((await stream.next()).data.entitlementsChanged.cause).toBe("CUSTOMER");
  expect((await stream.next()).data.entitlementsChanged.cause).toBe("CUSTOMER");
});

async function newestVersion(app: TestApp) {
  const newest = await findNewestVersion(app.connection.db);
  if (!newest) throw new Error("No catalog was pushed.");
  return newest;
}

test("a reservation that ran out makes room, and that is heard of", async ({ app }) => {
  const gus = await app.person("gus").subscribe(changes);
  const expiresAt = new Date(app.now().getTime() + 60_000).toISOString();
  const input = {
    externalCustomerId: "gus",
    feature: "streaming_minutes",
    quantity: 60,
    expiresAt,
    idempotencyKey: "r",
  };
  const service = app.person("backend", { role: "service" });
  await service.ask("mutation ($input: ReserveUsageInput!) { reserveUsage(input: $input) { userErrors { code } } }", {
    input,
  });
  expect((await gus.next()).data.entitlementsChanged.entitlements).toMatchObject([{ used: 60 }]);
  await app.control("POST", "/sandbox/clock", { advance_seconds: 61 });
  expect((await gus.next()).data.entitlementsChanged).toMatchObject({ cause: "USAGE", entitlements: [{ used: 0 }] });
});
