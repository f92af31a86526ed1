import { expect } from "vitest";
import { startTestApp, type TestApp, test } from "./support/app.js";
import { endConnections } from "./support/database.js";
import { expectExactCounters } from "./support/exact.js";
import { until } from "./support/until.js";
import { record, report, reserve, results, settle } from "./support/usage.js";

const at64 = Array.from({ length: 64 }, (_, n) => n);
const guests = { feature: "guests" };
const minutes = { feature: "streaming_minutes" };

test("of 64 parallel calls at a limit of 50 exactly 50 are counted", async ({ app }) => {
  await limitTo(app, "crowd", 50);
  const answers = await Promise.all(at64.map(() => results(report(app, "crowd", [{ ...minutes }]))));
  const flat = answers.flat();
  expect(flat.filter(({ isAccepted }) => isAccepted)).toHaveLength(50);
  expect(flat.filter(({ userErrors }) => userErrors[0]?.code === "USAGE_LIMIT_REACHED")).toHaveLength(14);
  const { entitlement } = await app
    .person("crowd")
    .ask(`{ entitlement(feature: "streaming_minutes") { used hasAccess } }`);
  expect(entitlement).toEqual({ used: 50, hasAccess: false });
});

test("the same key sent 64 times at once is counted once", async ({ app }) => {
  const same = { ...minutes, quantity: 2, idempotencyKey: "same" };
  const flat = (await Promise.all(at64.map(() => results(report(app, "echo", [same]))))).flat();
  expect(flat.every(({ isAccepted }) => isAccepted)).toBe(true);
  expect(flat.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
  expect(
    (await app.person("echo").ask(`{ entitlement(feature: "streaming_minutes") { used } }`)).entitlement.used,
  ).toBe(2);
});

test("a limit is exact across several processes, and calls that touch the same counters crosswise never wait in a circle", async ({
  app,
}) => {
  const { app: other, stop } = await startTestApp({
    configure: (config) => ({ ...config, database: app.config.database, worker: false }),
  });
  await limitTo(app, "two", 50);
  const both = [{ ...minutes }, { ...guests }];
  const calls = at64.flatMap((n) => [
    results(report(n % 2 === 0 ? app : other, "two", n % 3 === 0 ? both.toReversed() : both)),
    results(report(n % 2 === 0 ? other : app, `bystander-${n % 5}`, [{ ...minutes, idempotencyKey: `k${n}` }])),
  ]);
  const flat = (await Promise.all(calls)).flat();
  const counted = (feature: string) =>
    flat.filter(({ isAccepted, entitlement }) => isAccepted && entitlement.feature.key === feature).length;
  expect(counted("guests")).toBe(1);
  expect(counted("streaming_minutes")).toBe(50 + 64);
  await expectExactCounters(app.connection);
  await stop();
});

test("reservations, settlements and use at once never hand out more than there is", async ({ app }) => {
  await limitTo(app, "mix", 50);
  const token = app.person("backend", { role: "service" }).token;
  const expiresAt = new Date(app.now().getTime() + 3_600_000).toISOString();
  const work = at64.map(async (n) => {
    if (n % 2 === 0) return (await results(report(app, "mix", [{ ...minutes }])))[0].isAccepted ? 1 : 0;
    const input = { externalCustomerId: "mix", ...minutes, quantity: 3, expiresAt, idempotencyKey: `r${n}` };
    const { reservation } = (await app.graphql(reserve, { input }, token)).data.reserveUsage;
    if (!reservation) return 0;
    const quantity = n % 4;
    // Twice at once: settling twice is one settling.
    const settlement = { input: { reservationId: reservation.id, quantity } };
    const settled = await Promise.all([app.graphql(settle, settlement, token), app.graphql(settle, settlement, token)]);
    for (const { data } of settled) expect(data.settleUsage.userErrors).toEqual([]);
    return quantity;
  });
  const used = (await Promise.all(work)).reduce((sum, quantity) => sum + quantity, 0);
  const { entitlement } = await app.person("mix").ask(`{ entitlement(feature: "streaming_minutes") { used } }`);
  expect(entitlement.used).toBe(used);
  expect(used).toBeLessThanOrEqual(50);
});

test("a call that the database cannot answer counts nothing twice when it is sent again", async ({ app }) => {
  const event = { ...minutes, idempotencyKey: "again" };
  const token = app.person("backend", { role: "service" }).token;
  const send = () => app.graphql(record, { input: { externalCustomerId: "retry", events: [event] } }, token);
  const answers = await Promise.all([send(), breakConnections(app), send(), send()]);
  for (const sent of answers) {
    if (sent?.errors) expect(sent.errors[0]?.extensions?.["code"]).toBe("UPSTREAM_UNAVAILABLE");
  }
  const answer = await until("the database answers again", async () => {
    const sent = await send();
    return sent.errors ? null : sent;
  });
  expect(answer.data.recordUsage.results).toMatchObject([{ isAccepted: true, entitlement: { used: 1 } }]);
});

async function breakConnections(app: TestApp): Promise<undefined> {
  await endConnections(app.config.database.url, "billing");
  return undefined;
}

async function limitTo(app: TestApp, sub: string, limit: number): Promise<void> {
  const admin = app.person("root", { role: "admin" });
  // On record before there is anything to override.
  await results(
    report(app, sub, [
      { ...guests, quantity: 1 },
      { ...guests, quantity: -1 },
    ]),
  );
  const { customer } = await admin.ask("query ($sub: ID!) { customer(externalId: $sub) { id } }", { sub });
  const { adminOverrideEntitlement } = await admin.ask(
    `mutation ($input: AdminOverrideEntitlementInput!) { adminOverrideEntitlement(input: $input) {
      entitlement { limit } userErrors { code } } }`,
    {
      input: {
        customerId: customer.id,
        feature: "streaming_minutes",
        override: { isIncluded: true, limit },
        reason: "a test",
      },
    },
  );
  expect(adminOverrideEntitlement).toEqual({ entitlement: { limit }, userErrors: [] });
}
