import { sql } from "drizzle-orm";
import { expect } from "vitest";
import type { Config } from "../src/config.js";
import { connect } from "../src/db/client.js";
import { within } from "../src/within.js";
import { test as base, type TestApp } from "./support/app.js";
import { deliver, eventOf } from "./support/deliveries.js";
import { type Answer, codesOf } from "./support/graphql.js";
import { type PostgresProxy, startWired } from "./support/postgres-proxy.js";
import { register, registerMutation, rowsOf, selfQuery, stripeCustomersOf } from "./support/registration.js";
import { askOver, greet } from "./support/socket.js";
import { apiRequests } from "./support/stripe.js";
import { until } from "./support/until.js";

/** A service that answers within a second, and that is no superuser to Postgres: no connection is kept for those. */
const test = base.extend<{ wired: { app: TestApp; wire: PostgresProxy; role: string } }>({
  wired: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const role = `billing_${crypto.randomUUID().slice(0, 8)}`;
      const { app, wire, stop } = await startWired({
        environment: { OPERATION_TIMEOUT_SECONDS: "1" },
        configure: async (config) => ({ ...config, database: { ...config.database, url: await asRole(config, role) } }),
      });
      await use({ app, wire, role });
      await stop();
    },
    { scope: "file" },
  ],
});

const mixed = `{ tiers { slug } ${selfQuery.trim().slice(1)}`;

test("while Postgres says nothing, callers hear so in time and have what is in memory", async ({
  wired: { app, wire },
}) => {
  const ada = app.person("ada");
  await register(ada);
  wire.stall();
  const [read, written, ready, socket] = await inTime(
    Promise.all([
      ada.graphql(mixed),
      app.person("late").graphql(registerMutation, { input: {} }),
      fetch(`${app.url}/readyz`),
      greet(app.url, ada.token),
    ]),
  );
  expectTemporary(read, "viewer");
  expect(read.data.tiers.length).toBeGreaterThan(0);
  expectTemporary(written, "registerCustomer");
  expect([ready.status, await ready.json()]).toEqual([503, expect.objectContaining({ status: "not ready" })]);
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  expect((await askOver(socket, "{ nonsense }")).type).toBe("error");
  socket.close();

  wire.restore();
  await until("reads to be served", async () => !(await ada.graphql(mixed)).errors, 30_000);
  await until("writes to be taken", () => isRegistered(app, "late"), 30_000);
  expect(await stripeCustomersOf(app, "late@example.com")).toHaveLength(1);
});

test("while Postgres is slow, what was begun is finished behind the caller's back, once; streams last", async ({
  wired: { app, wire },
}) => {
  const [slow, streamer] = [app.person("slow"), app.person("streamer")];
  const stream = await streamer.subscribe("subscription { entitlementsChanged { entitlements { id hasAccess } } }");
  wire.slowDown(300);
  expectTemporary(await slow.graphql(registerMutation, { input: {} }), "registerCustomer");
  const made = await until(
    "the registration to be finished",
    async () => (await rowsOf(app, "slow"))[0]?.stripeCustomerId,
  );
  wire.slowDown(0);
  await until("a retry to be answered", () => isRegistered(app, "slow"));
  expect((await stripeCustomersOf(app, "slow@example.com")).map(({ id }) => id)).toEqual([made]);

  // By now the stream is older than an operation may be: it has no deadline.
  await streamer.buy("starter");
  expect(await stream.next()).toEqual({ data: { entitlementsChanged: { entitlements: expect.any(Array) } } });
  await stream.close();
});

test("while a table is locked, nobody waits for long, and nobody is left waiting afterwards", async ({
  wired: { app },
}) => {
  const crowd = Array.from({ length: 40 }, (_, index) => app.person(`crowd-${index}`));
  await app.connection.db.transaction(async (inside) => {
    await inside.execute(sql`lock table users in access exclusive mode`);
    const answers = await Promise.all(
      crowd.map((person, index) =>
        index % 2 ? person.graphql(mixed) : person.graphql(registerMutation, { input: {} }),
      ),
    );
    for (const [index, answer] of answers.entries()) {
      if (index % 2 || answer.errors) expectTemporary(answer, index % 2 ? "viewer" : "registerCustomer");
      else expect(answer.data.registerCustomer.userErrors).toMatchObject([{ code: "REQUEST_IN_PROGRESS" }]);
    }
    expect(await apiRequests(app, "POST", "/v1/customers/crowd-*")).toEqual([]);
  });
  for (const { sub } of crowd) await until(`${sub} to be registered`, () => isRegistered(app, sub));
  const made = await app.stripe.customers.list({ limit: 100 });
  expect(made.data.filter(({ name }) => name?.startsWith("crowd-"))).toHaveLength(crowd.length);
});

test("when Postgres has no connection to spare, callers and Stripe are told to come again, and it passes", async ({
  wired: { app, role },
}) => {
  const ada = app.person("ada");
  await app.connection.db.execute(`alter role ${role} connection limit 0`);
  await endAll(app, role);
  const answers = await Promise.all([ada.graphql(mixed), ada.graphql(mixed), ada.graphql(mixed)]);
  for (const answer of answers) expectTemporary(answer, "viewer");
  expectTemporary(await app.person("crowded-out").graphql(registerMutation, { input: {} }), "registerCustomer");
  expect((await deliver(app, eventOf("customer.updated", { id: "cus_1", object: "customer" }))).status).toBe(503);
  expect((await fetch(`${app.url}/readyz`)).status).toBe(503);

  await app.connection.db.execute(`alter role ${role} connection limit -1`);
  await until("reads to be served", async () => !(await ada.graphql(mixed)).errors, 30_000);
  await until("writes to be taken", () => isRegistered(app, "crowded-out"), 30_000);
  await until(
    "jobs to be done",
    async () => {
      await deliver(app, eventOf("customer.updated", { id: "cus_2", object: "customer" }));
      return (await app.connection.db.execute("select 1 from webhook_events where status = 'IGNORED'")).length > 0;
    },
    30_000,
  );
});

/** The same database, entered as a role that may do what its owner may, and to which limits apply. */
async function asRole({ database: { url } }: Config, role: string): Promise<string> {
  const owner = connect(url, { max: 1, applicationName: "tests" });
  await owner.db.execute(`create role ${role} login password '${role}' in role ${new URL(url).username}`);
  await owner.close();
  return Object.assign(new URL(url), { username: role, password: role }).href;
}

/** A retry by somebody who was told to try again. */
async function isRegistered(app: TestApp, sub: string): Promise<boolean> {
  const answer = await app.person(sub).graphql(registerMutation, { input: {} });
  return answer.data?.registerCustomer?.customer?.externalId === sub;
}

/** Well before Postgres's driver gives up by itself, which takes ten seconds. */
function inTime<T>(answers: Promise<T>): Promise<T> {
  return within(6_000, answers);
}

function expectTemporary(answer: Answer, field: string): void {
  expect(answer.status).toBe(200);
  expect(codesOf(answer)).toEqual(["UPSTREAM_UNAVAILABLE"]);
  expect(answer.errors?.[0]?.path?.[0]).toBe(field);
  expect(answer.errors?.[0]?.extensions).toEqual({
    code: "UPSTREAM_UNAVAILABLE",
    retryable: true,
    requestId: answer.headers.get("x-request-id"),
  });
  expect(JSON.stringify(answer.errors)).not.toMatch(/postgres|select|insert|role|timeout|connection|127\.0\.0\.1/i);
}

async function endAll(app: TestApp, role: string): Promise<void> {
  await app.connection.db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`);
}
