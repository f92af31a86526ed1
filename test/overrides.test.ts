import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { expect } from "vitest";
import { auditLog } from "../src/billing/audit/audit.table.js";
import { userIdOf } from "../src/billing/users/user.js";
import { startTestApp, type TestApp, test } from "./support/app.js";
import { codesOf } from "./support/graphql.js";
import { whileNoAnswerIsKept } from "./support/keys.js";
import type { Person } from "./support/person.js";
import { actsOn } from "./support/staff-acts.js";
import { until } from "./support/until.js";
import { count, report, results } from "./support/usage.js";

const override = `mutation ($input: AdminOverrideEntitlementInput!) { adminOverrideEntitlement(input: $input) {
  entitlement { hasAccess denialReason source isUnlimited limit used remaining } userErrors { code message path } } }`;

function staff(app: TestApp): Person {
  return app.person("root", { role: "admin" });
}

async function idOf(person: Person): Promise<string> {
  return (await person.ask("{ viewer { customer { id } } }")).viewer.customer.id;
}

async function set(app: TestApp, customerId: string, feature: string, setting: object | null, more: object = {}) {
  const input = { customerId, feature, override: setting, reason: "promised at the fair", ...more };
  return (await staff(app).ask(override, { input })).adminOverrideEntitlement;
}

test("an override is absolute: it gives more than any tier, less, or nothing, and goes away again", async ({ app }) => {
  const ada = await app.customerOn("starter", "ada");
  const id = await idOf(ada);
  expect(await set(app, id, "guests", { isIncluded: true, limit: 10 })).toEqual({
    entitlement: {
      hasAccess: true,
      denialReason: null,
      source: "OVERRIDE",
      isUnlimited: false,
      limit: 10,
      used: 0,
      remaining: 10,
    },
    userErrors: [],
  });
  await count(app, "ada", "guests", 10);
  expect((await set(app, id, "guests", { isIncluded: true, limit: 2 })).entitlement).toMatchObject({
    hasAccess: false,
    denialReason: "LIMIT_REACHED",
    used: 10,
    remaining: 0,
  });
  expect((await set(app, id, "guests", { isIncluded: false })).entitlement).toMatchObject({
    hasAccess: false,
    denialReason: "FEATURE_NOT_IN_TIER",
    source: "OVERRIDE",
    limit: 0,
  });
  expect((await set(app, id, "guests", { isIncluded: true })).entitlement).toMatchObject({
    isUnlimited: true,
    limit: null,
  });
  expect((await set(app, id, "advanced_features", { isIncluded: true })).entitlement).toMatchObject({
    hasAccess: true,
    source: "OVERRIDE",
    limit: null,
  });
  expect((await set(app, id, "guests", null)).entitlement).toMatchObject({
    source: "SUBSCRIPTION",
    limit: 3,
    used: 10,
  });
});

test("an override lapses at its end, and whoever listens hears of both", async ({ app }) => {
  // Not of a purchase, which is still told of while this one listens already.
  await count(app, "bob", "streaming_minutes", 1);
  const bob = app.person("bob");
  const stream = await bob.subscribe(
    "subscription { entitlementsChanged { cause entitlements { feature { key } limit source } } }",
  );
  const endsAt = new Date(app.now().getTime() + 3_600_000).toISOString();
  await set(app, await idOf(bob), "guests", { isIncluded: true, limit: 50, endsAt });
  const guests = (limit: number, source: string) => ({
    cause: "ADMIN",
    entitlements: [{ feature: { key: "guests" }, limit, source }],
  });
  expect((await stream.next()).data.entitlementsChanged).toEqual(guests(50, "OVERRIDE"));
  await app.control("POST", "/sandbox/clock", { advance_seconds: 3_600 });
  expect((await bob.ask(`{ entitlement(feature: "guests") { limit } }`)).entitlement.limit).toBe(1);
  expect((await stream.next()).data.entitlementsChanged).toEqual(guests(1, "FREE_TIER"));
});

test("overrides that lapsed one after the other, and were found together, are told once", async ({ app }) => {
  await count(app, "ida", "streaming_minutes", 1);
  const ida = app.person("ida");
  const id = await idOf(ida);
  const stream = await ida.subscribe("subscription { entitlementsChanged { entitlements { feature { key } limit } } }");
  const features = ["guests", "streaming_minutes"];
  for (const [hours, feature] of features.entries()) {
    const endsAt = new Date(app.now().getTime() + (hours + 1) * 3_600_000).toISOString();
    await set(app, id, feature, { isIncluded: true, limit: 5_000, endsAt });
    expect((await stream.next()).data.entitlementsChanged.entitlements).toMatchObject([{ limit: 5_000 }]);
  }
  await app.control("POST", "/sandbox/clock", { advance_seconds: 3 * 3_600 });
  const { entitlements } = (await stream.next()).data.entitlementsChanged;
  expect(entitlements.map((each: { feature: { key: string } }) => each.feature.key).toSorted()).toEqual(features);
  await set(app, id, "guests", { isIncluded: true, limit: 7 });
  expect((await stream.next()).data.entitlementsChanged.entitlements).toMatchObject([{ limit: 7 }]);
});

test("an override that lapsed and was taken away before its end was told is told then", async () => {
  const { app, stop } = await startTestApp({ worker: false });
  await count(app, "jan", "streaming_minutes", 1);
  const jan = app.person("jan");
  const id = await idOf(jan);
  const endsAt = new Date(app.now().getTime() + 3_600_000).toISOString();
  const stream = await jan.subscribe("subscription { entitlementsChanged { entitlements { limit source } } }");
  await set(app, id, "guests", { isIncluded: true, limit: 50, endsAt });
  expect((await stream.next()).data.entitlementsChanged.entitlements).toEqual([{ limit: 50, source: "OVERRIDE" }]);
  await app.control("POST", "/sandbox/clock", { advance_seconds: 3_600 });
  await set(app, id, "guests", null);
  await set(app, id, "streaming_minutes", { isIncluded: true, limit: 61 });
  expect((await stream.next()).data.entitlementsChanged.entitlements).toEqual([{ limit: 1, source: "FREE_TIER" }]);
  await stop();
});

test("every override is in the audit log with who, why, before and after; a repeated call is not", async ({ app }) => {
  const cleo = await app.customerOn("starter", "cleo");
  const id = await idOf(cleo);
  const once = { idempotencyKey: randomUUID() };
  const first = await set(app, id, "guests", { isIncluded: true, limit: 5 }, once);
  expect(await set(app, id, "guests", { isIncluded: true, limit: 5 }, once)).toEqual(first);
  expect((await set(app, id, "guests", { isIncluded: true, limit: 6 }, once)).userErrors).toMatchObject([
    { code: "IDEMPOTENCY_KEY_REUSED" },
  ]);
  await set(app, id, "guests", null);
  const log = await app.connection.db
    .select()
    .from(auditLog)
    .where(eq(auditLog.userId, userIdOf("cleo")));
  expect(log.map(({ actor, action, reason, details }) => ({ actor, action, reason, details }))).toEqual([
    {
      actor: "root",
      action: "entitlement.override",
      reason: "promised at the fair",
      details: { feature: "guests", before: null, after: { isIncluded: true, limit: 5 } },
    },
    {
      actor: "root",
      action: "entitlement.override",
      reason: "promised at the fair",
      details: { feature: "guests", before: { isIncluded: true, limit: 5, endsAt: null }, after: null },
    },
  ]);
});

test("where the answer to a key cannot be kept nothing was set, and a retry sets it, on record once", async ({
  app,
}) => {
  const lea = await app.customerOn("starter", "lea");
  const id = await idOf(lea);
  const sent = () => set(app, id, "guests", { isIncluded: true, limit: 9 }, { idempotencyKey: "lea-1" });
  await whileNoAnswerIsKept(app, () => expect(sent()).rejects.toThrow("INTERNAL_SERVER_ERROR"));
  const limit = async () => (await lea.ask(`{ entitlement(feature: "guests") { limit } }`)).entitlement.limit;
  expect(await limit()).toBe(3);
  expect((await sent()).entitlement.limit).toBe(9);
  expect((await actsOn(app, lea)).map(({ action }) => action)).toEqual(["entitlement.override"]);
});

test.for([
  ["an unknown customer", { customerId: `bcus_${"0".repeat(32)}` }, "NOT_FOUND", ["input", "customerId"]],
  ["what is no customer's ID", { customerId: "cus_123" }, "NOT_FOUND", ["input", "customerId"]],
  ["an unknown feature", { feature: "nothing" }, "FEATURE_NOT_FOUND", ["input", "feature"]],
  ["a limit below 0", { override: { isIncluded: true, limit: -1 } }, "INVALID_INPUT", ["input", "override", "limit"]],
  [
    "a limit of what is not included",
    { override: { isIncluded: false, limit: 3 } },
    "INVALID_INPUT",
    ["input", "override", "limit"],
  ],
  [
    "a limit of a switch",
    { feature: "scenes_basic", override: { isIncluded: true, limit: 3 } },
    "INVALID_INPUT",
    ["input", "override", "limit"],
  ],
  [
    "an end that has passed",
    { override: { isIncluded: true, endsAt: "2020-01-01T00:00:00Z" } },
    "INVALID_INPUT",
    ["input", "override", "endsAt"],
  ],
  ["no reason", { reason: " " }, "INVALID_INPUT", ["input", "reason"]],
  ["an endless reason", { reason: "r".repeat(1_001) }, "INVALID_INPUT", ["input", "reason"]],
] as const)("an override with %s is refused, and nothing is changed", async ([, wrong, code, path], { app }) => {
  const dan = app.person("dan");
  await count(app, "dan", "guests", 1);
  await count(app, "dan", "guests", -1);
  const input = {
    customerId: await idOf(dan),
    feature: "guests",
    override: { isIncluded: true, limit: 7 },
    reason: "a reason",
    ...wrong,
  };
  const { adminOverrideEntitlement } = await staff(app).ask(override, { input });
  expect(adminOverrideEntitlement).toMatchObject({ entitlement: null, userErrors: [{ code, path }] });
  expect((await dan.ask(`{ entitlement(feature: "guests") { limit source } }`)).entitlement).toEqual({
    limit: 1,
    source: "FREE_TIER",
  });
});

test("only staff may override", async ({ app }) => {
  const input = { customerId: "x", feature: "guests", override: { isIncluded: true }, reason: "r" };
  for (const person of [app.person("eve"), app.person("backend", { role: "service" })]) {
    expect(codesOf(await person.graphql(override, { input }))).toEqual(["FORBIDDEN"]);
  }
  expect(codesOf(await app.graphql(override, { input }))).toEqual(["UNAUTHENTICATED"]);
});

test("a limit that is lowered while use is counted is held to from then on", async ({ app }) => {
  const fay = await app.customerOn("enterprise", "fay");
  const id = await idOf(fay);
  const one = () => results(report(app, "fay", [{ feature: "guests" }]));
  const [, ...answers] = await Promise.all([
    set(app, id, "guests", { isIncluded: true, limit: 20 }),
    ...Array.from({ length: 64 }, one),
  ]);
  await until("the limit is in force", async () => (await one())[0].entitlement.limit === 20);
  const { entitlement } = await fay.ask(`{ entitlement(feature: "guests") { used } }`);
  // Before it was lowered any number may have been counted; under it none above it.
  for (const [{ isAccepted, entitlement: state }] of answers) {
    if (state.limit === 20 && isAccepted) expect(state.used).toBeLessThanOrEqual(20);
  }
  const [last] = await one();
  expect(last.isAccepted).toBe(entitlement.used < 20);
});
