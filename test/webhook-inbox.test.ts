import { expect } from "vitest";
import { test as base, startTestApp, type TestApp } from "./support/app.js";
import { deliver, eventOf, inbox } from "./support/deliveries.js";
import { type PostgresProxy, startWired } from "./support/postgres-proxy.js";
import { plantFault } from "./support/stripe.js";
import { until } from "./support/until.js";

/** `idle` runs no jobs; the wire to Postgres of `wired` can be cut. */
const test = base.extend<{ idle: TestApp; wired: { app: TestApp; wire: PostgresProxy } }>({
  idle: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, stop } = await startTestApp({ worker: false });
      await use(app);
      await stop();
    },
    { scope: "file" },
  ],
  wired: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const { app, wire, stop } = await startWired();
      await use({ app, wire });
      await stop();
    },
    { scope: "file" },
  ],
});

// First in the file: what others wake for comes a moment after they are over.
test("events that need nothing done wake nobody", async ({ idle }) => {
  await idle.connection.db.execute("delete from graphile_worker._private_jobs");
  await deliver(idle, eventOf("mandate.updated", { object: "mandate", id: "mandate_1" }));
  expect(await idle.connection.db.execute("select 1 from graphile_worker.jobs")).toHaveLength(0);
});

test("a crowd of events leaves one waiting job", async ({ idle }) => {
  await idle.connection.db.execute("delete from graphile_worker._private_jobs");
  const events = Array.from({ length: 256 }, (_, index) =>
    eventOf("customer.updated", { object: "customer", id: `cus_${index}` }),
  );
  const answers = await Promise.all(events.map((event) => deliver(idle, event)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await inbox(idle, "customer.updated")).toHaveLength(256);
  const jobs = await idle.connection.db.execute(
    "select 1 from graphile_worker.jobs where task_identifier = 'process_stripe_events'",
  );
  expect(jobs).toHaveLength(1);
});

test.for([
  ["a NUL in its id", { id: "evt_\u0000" }],
  ["a NUL in its type", { type: "customer.\u0000" }],
  ["a time after the end of time", { created: 1e300 }],
  ["a time that Postgres cannot hold", { created: 1e13 }],
  ["a time that is negative", { created: -1e12 }],
  ["an id of a megabyte", { id: `evt_${"x".repeat(900_000)}` }],
] as const)("a signed event with %s is refused, and takes no other with it", async ([_what, envelope], { idle }) => {
  const odd = eventOf("customer.updated", { object: "customer", id: "cus_1" }, envelope);
  const fine = Array.from({ length: 8 }, () => eventOf("plan.updated", { object: "plan", id: "plan_1" }));
  const before = (await inbox(idle, "plan.updated")).length;
  const [refused, ...taken] = await Promise.all([odd, ...fine].map((event) => deliver(idle, event)));
  expect(refused?.status).toBe(400);
  expect(taken.map(({ status }) => status)).toEqual(fine.map(() => 200));
  expect(await inbox(idle, "plan.updated")).toHaveLength(before + fine.length);
});

test("a payload that Postgres could not hold as text is stored all the same", async ({ idle }) => {
  const odd = eventOf("customer.created", { object: "customer", id: "cus_1", name: "a\u0000b \ud800 \\u0000" });
  expect((await deliver(idle, odd)).status).toBe(200);
  expect(await inbox(idle, "customer.created")).toHaveLength(1);
});

test("what a delivery says stays out of the log", async ({ idle }) => {
  await deliver(idle, eventOf("customer.updated", { object: "customer", id: "cus_1", email: "grace@example.com" }));
  await fetch(`${idle.url}/webhooks/stripe`, {
    method: "POST",
    headers: { "content-type": "application/json", "stripe-signature": "t=1,v1=secretive" },
    body: eventOf("customer.updated", { object: "customer", id: "cus_1", email: "grace@example.com" }),
  });
  expect(idle.logged.join("")).toContain("bad_signature");
  expect(idle.logged.join("")).not.toMatch(/grace@example\.com|secretive|whsec_/);
});

test("while Postgres is away deliveries are answered 503, and taken once it is back", async ({
  wired: { app, wire },
}) => {
  const events = Array.from({ length: 8 }, () => eventOf("tax_rate.created", { object: "tax_rate", id: "txr_1" }));
  wire.cut();
  const refused = await Promise.all(events.map((event) => deliver(app, event)));
  expect(refused.map(({ status }) => status)).toEqual(events.map(() => 503));
  expect(await refused[0]?.json()).toEqual({ error: { code: "not_stored", message: expect.any(String) } });
  wire.restore();
  for (const event of events) await until("the delivery to be taken", async () => (await deliver(app, event)).ok);
  expect(await inbox(app, "tax_rate.created")).toHaveLength(8);
});

test.for([
  ["without room on its disk", "53100"],
  ["without memory", "53200"],
  ["a standby that only reads", "25006"],
])("while Postgres is %s deliveries are answered 503, and taken once it can write", async ([, state], { idle }) => {
  const { db } = idle.connection;
  await db.execute(`create or replace function refuse() returns trigger language plpgsql as
    $$ begin raise exception 'not now' using errcode = '${state}'; end $$`);
  await db.execute("create trigger refuse before insert on webhook_events for each row execute function refuse()");
  const event = eventOf("tax_rate.updated", { object: "tax_rate", id: "txr_2" });
  const refused = await deliver(idle, event);
  await db.execute("drop trigger refuse on webhook_events");
  expect(refused.status).toBe(503);
  expect((await deliver(idle, event)).status).toBe(200);
});

test("when the network swallows what is sent, deliveries are answered 503 in time", async ({
  wired: { app, wire },
}) => {
  const event = eventOf("tax_rate.updated", { object: "tax_rate", id: "txr_1" });
  wire.stall();
  expect((await deliver(app, event)).status).toBe(503);
  wire.restore();
  await until("the delivery to be taken", async () => (await deliver(app, event)).ok);
});

test("events that came while Postgres was going up and down all get processed", async ({ wired: { app, wire } }) => {
  const ada = app.person("ada");
  await until("the account", async () => {
    const answer = await ada.graphql("mutation { registerCustomer(input: {}) { customer { id } } }");
    return answer.data?.registerCustomer?.customer;
  });
  const [customer] = (await app.stripe.customers.list({ limit: 1 })).data;
  await plantFault(app, { method: "GET", path: "/v1/customers/*", times: 1, delay_ms: 300 });
  const event = eventOf("customer.updated", { object: "customer", id: customer?.id });
  await until("the event to be taken", async () => (await deliver(app, event)).ok);
  wire.cut(); // in the middle of processing it
  wire.restore();
  const { id }: { id: string } = JSON.parse(event);
  await until(
    "the event to be processed",
    async () => (await inbox(app, "customer.updated")).some((row) => row.id === id && row.status === "PROCESSED"),
    20_000,
  );
});
