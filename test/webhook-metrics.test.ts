import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { deliver, eventOf, inbox } from "./support/deliveries.js";
import { meteredEnvironment, metricsOf } from "./support/metrics.js";
import { type PostgresProxy, startWired } from "./support/postgres-proxy.js";
import { quiet } from "./support/quiet.js";
import { plantFault } from "./support/stripe.js";
import { until } from "./support/until.js";

/** `idle` runs no jobs; the wire to Postgres of `wired` can be cut. */
const test = base.extend<{ metered: TestApp; idle: TestApp; wired: { app: TestApp; wire: PostgresProxy } }>({
  metered: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ environment: meteredEnvironment });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
  idle: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ environment: meteredEnvironment, worker: false });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
  wired: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, wire, stop } = await startWired({ environment: meteredEnvironment, worker: false });
      await use({ app, wire });
      await stop();
    },
    { scope: "file" },
  ],
});

/** What was counted while something happened. */
async function counted(app: TestApp, during: () => Promise<unknown>, names: string[]): Promise<number[]> {
  const before = await metricsOf(app);
  await during();
  const after = await metricsOf(app);
  return names.map((name) => after(name) - before(name));
}

/** Somebody known to Stripe and to us, and nothing more to come. */
async function knownCustomer(app: TestApp, sub: string): Promise<string> {
  await app.person(sub).ask("mutation { registerCustomer(input: {}) { customer { id } } }");
  await quiet(app);
  const [customer] = (await app.stripe.customers.list({ email: `${sub}@example.com` })).data;
  return customer?.id ?? "";
}

const updated = (id: string) => eventOf("customer.updated", { object: "customer", id });

const lineOf = (app: TestApp, event: string, msg: string) =>
  app.logged.map((line) => JSON.parse(line)).filter((line) => line.event === JSON.parse(event).id && line.msg === msg);

test("an event is counted as received, stored and processed, and its delivery again as a duplicate", async ({
  metered,
}) => {
  const event = updated(await knownCustomer(metered, "ada"));
  const once = async () => {
    await deliver(metered, event);
    await quiet(metered);
  };
  const names = ["deliveries_total", "stored_total", "duplicates_total", "processed_total", "processing_seconds_count"];
  const full = names.map((name) => `billing_webhook_${name}`);
  expect(await counted(metered, once, full)).toEqual([1, 1, 0, 1, 1]);
  expect(await counted(metered, once, full)).toEqual([1, 0, 1, 0, 0]);
  const fates = lineOf(metered, event, "stripe event received").map(({ type, fate }) => [type, fate]);
  expect(fates).toEqual([
    ["customer.updated", "stored"],
    ["customer.updated", "duplicate"],
  ]);
  expect(lineOf(metered, event, "stripe event processed")).toHaveLength(1);
});

test("the same event many times in one flush is counted once as stored", async ({ metered }) => {
  const event = updated(await knownCustomer(metered, "bob"));
  const crowd = () => Promise.all(Array.from({ length: 32 }, () => deliver(metered, event)));
  const names = ["billing_webhook_stored_total", "billing_webhook_duplicates_total"];
  expect(await counted(metered, crowd, names)).toEqual([1, 31]);
});

test("events that nothing is done for are counted by reason", async ({ metered }) => {
  const stranger = await metered.stripe.customers.create({});
  await quiet(metered);
  const send = async () => {
    await deliver(metered, eventOf("mandate.updated", { object: "mandate", id: "mandate_1" }));
    await deliver(metered, updated(stranger.id));
    await quiet(metered);
  };
  const names = ["unhandled_type", "foreign_customer", "no_customer"].map(
    (reason) => `billing_webhook_ignored_total{reason="${reason}"}`,
  );
  expect(await counted(metered, send, names)).toEqual([1, 1, 0]);
});

test.for<[reason: string, init: RequestInit]>([
  ["missing_signature", { headers: { "content-type": "application/json" }, body: "{}" }],
  ["bad_signature", { headers: { "content-type": "application/json", "stripe-signature": "t=1,v1=0" }, body: "{}" }],
  ["bad_type", { headers: { "content-type": "text/xml" }, body: "<event/>" }],
  ["bad_type", {}],
  ["too_large", { headers: { "content-type": "application/json" }, body: "x".repeat(1_048_577) }],
  ["encoded_body", { headers: { "content-type": "application/json", "content-encoding": "gzip" }, body: "{}" }],
])("a refusal is counted as %s, and says so", async ([reason, init], { metered }) => {
  const send = async () => {
    const answer = await fetch(`${metered.url}/webhooks/stripe`, { method: "POST", ...init });
    expect(await answer.json()).toEqual({ error: { code: reason, message: expect.stringMatching(/^[A-Z].*\.$/) } });
  };
  const names = ["billing_webhook_deliveries_total", `billing_webhook_refused_total{reason="${reason}"}`];
  expect(await counted(metered, send, names)).toEqual([1, 1]);
});

test("an outage of Stripe is counted apart from tries that failed", async ({ metered }) => {
  const event = updated(await knownCustomer(metered, "cleo"));
  await plantFault(metered, { method: "GET", path: "/v1/customers/*", times: 2, status: 500 });
  const send = async () => {
    await deliver(metered, event);
    await quiet(metered);
  };
  const names = ['billing_webhook_postponed_total{reason="outage"}', "billing_webhook_failed_tries_total"];
  expect(await counted(metered, send, names)).toEqual([1, 0]);
});

test("an event that is given up is counted and logged", async ({ metered }) => {
  const event = updated(await knownCustomer(metered, "dora"));
  const { db } = metered.connection;
  await db.execute(
    "create or replace function poison() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$",
  );
  await db.execute("create trigger poison before update on users for each row execute function poison()");
  await metered.stripe.customers.update(JSON.parse(event).data.object.id, { name: "Dora" });
  const { id } = JSON.parse(event);
  const fail = async () => {
    await deliver(metered, event);
    await until("a try", async () => (await inbox(metered)).find((row) => row.id === id && row.attempts > 0));
    await db.execute(
      `update webhook_events set attempts = 11, due_at = now(), status = 'PENDING' where stripe_event_id = '${id}'`,
    );
    await db.execute("select graphile_worker.add_job('process_stripe_events')");
    await until("the end", async () => (await inbox(metered)).find((row) => row.id === id && row.status === "FAILED"));
    await until("the line", () => lineOf(metered, event, "stripe event given up").length === 1);
  };
  const [given] = await counted(metered, fail, ["billing_webhook_given_up_total"]);
  expect(given).toBeGreaterThanOrEqual(1);
  expect((await metricsOf(metered))("billing_webhook_failed_tries_total")).toBeGreaterThanOrEqual(2);
  await db.execute("drop trigger poison on users");
});

test("what waits is measured whenever the metrics are read", async ({ idle }) => {
  const before = await metricsOf(idle);
  expect(before("billing_webhook_waiting_events")).toBe(0);
  expect(before("billing_webhook_oldest_waiting_seconds")).toBe(0);
  for (const id of ["cus_1", "cus_2"]) await deliver(idle, updated(id));
  await idle.connection.db.execute(
    "update webhook_events set received_at = received_at - interval '1 hour' where object_id = 'cus_1'",
  );
  const after = await metricsOf(idle);
  expect(after("billing_webhook_waiting_events")).toBe(2);
  expect(after("billing_webhook_oldest_waiting_seconds")).toBeGreaterThanOrEqual(3_600);
});

test("while Postgres is away the counters are told, and what waits is not a number", async ({
  wired: { app, wire },
}) => {
  await app.sandbox.settled();
  wire.cut();
  expect((await deliver(app, updated("cus_1"))).status).toBe(503);
  const metrics = await metricsOf(app);
  expect(metrics("billing_webhook_not_stored_total")).toBe(1);
  expect(metrics("billing_webhook_waiting_events")).toBeNaN();
  wire.restore();
  await until("the figures again", async () => (await metricsOf(app))("billing_webhook_waiting_events") === 0);
});
