import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { test as base, type TestApp } from "./support/app.js";
import { deliver, eventOf, inbox } from "./support/deliveries.js";
import { meteredEnvironment, metricsOf } from "./support/metrics.js";
import { type PostgresProxy, startWired } from "./support/postgres-proxy.js";
import { until } from "./support/until.js";

/** Deliveries alone, so that what goes over the wire is theirs. */
const test = base.extend<{ wired: { app: TestApp; wire: PostgresProxy } }>({
  wired: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, wire, stop } = await startWired({ worker: false, environment: meteredEnvironment });
      await app.sandbox.settled(); // it tells of the catalog
      await use({ app, wire });
      await stop();
    },
    { scope: "file" },
  ],
});

const rate = () => eventOf("tax_rate.created", { object: "tax_rate", id: "txr_1" });
const storedIds = async (app: TestApp) => (await inbox(app)).map(({ id }) => id);
const idOf = (body: string): string => JSON.parse(body).id;

test("a connection that breaks after Postgres has stored an event, and before it says so, costs neither the event nor the 200", async ({
  wired: { app, wire },
}) => {
  expect((await deliver(app, rate())).status).toBe(200);
  const before = await metricsOf(app);
  const event = rate();
  wire.loseNextAnswer();
  expect((await deliver(app, event)).status).toBe(200);
  expect((await storedIds(app)).filter((id) => id === idOf(event))).toHaveLength(1);
  const after = await metricsOf(app);
  const grown = (name: string) => after(name) - before(name);
  expect([grown("billing_webhook_stored_total"), grown("billing_webhook_duplicates_total")]).toEqual([1, 0]);
});

test("a connection that has fallen silent is replaced while Stripe waits, when new ones work", async ({
  wired: { app, wire },
}) => {
  expect((await deliver(app, rate())).status).toBe(200);
  const events = [rate(), rate()];
  wire.stall();
  wire.letNewThrough();
  const answers = await Promise.all(events.map((event) => deliver(app, event)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(await storedIds(app)).toEqual(expect.arrayContaining(events.map(idOf)));
  wire.restore();
});

test("while somebody holds the inbox for long, deliveries are answered 503 in time, and taken right after", async ({
  wired: { app },
}) => {
  const events = Array.from({ length: 16 }, rate);
  await app.connection.db.transaction(async (inside) => {
    await inside.execute(sql`lock table webhook_events in exclusive mode`);
    const answers = await Promise.all(events.map((event) => deliver(app, event)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  });
  for (const event of events) {
    await until("the delivery to be taken", async () => (await deliver(app, event)).ok, 2_000);
  }
  const stored = await storedIds(app);
  for (const event of events) expect(stored.filter((id) => id === idOf(event))).toHaveLength(1);
});

test("what arrives a byte at a time is taken as ever", async ({ wired: { app, wire } }) => {
  wire.crumble();
  const events = Array.from({ length: 32 }, rate);
  const answers = await Promise.all(events.map((event) => deliver(app, event)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const { tiers } = (await app.graphql("{ tiers { slug } }")).data;
  expect(tiers.length).toBeGreaterThan(0);
  expect((await app.person("ada").graphql("{ viewer { customer { id } } }")).errors).toBeUndefined();
  expect(await storedIds(app)).toEqual(expect.arrayContaining(events.map(idOf)));
});
