import { afterAll, beforeAll, expect, test } from "vitest";
import {
  listEvents,
  replayableEvents,
  type WebhookEventCriteria,
} from "../src/billing/webhook-events/webhook-event.repository.js";
import { type Connection, connect, openSql, type RawSql } from "../src/db/client.js";
import type { Position } from "../src/db/keyset.js";
import { neglectedEvent } from "../src/webhooks/stripe-event.repository.js";
import { startCountedApp } from "./support/counted-app.js";
import { cloneDatabase, type TestDatabase } from "./support/database.js";
import { explain } from "./support/explain.js";
import { writeCustomer } from "./support/staff.js";
import { writeEvent } from "./support/webhook-events.js";

/** Postgres' own account of how it finds events among as many as make a difference. */
const events = 40_000;
const limit = 21;

let database: TestDatabase;
let connection: Connection;
let sql: RawSql;

beforeAll(async () => {
  database = await cloneDatabase();
  connection = connect(database.url, { max: 1, applicationName: "tests" });
  sql = openSql(database.url, { max: 1, applicationName: "tests", statementTimeoutMs: 60_000 });
  // One in 400 was given up, one in 10 ignored, one name in 500 is rare; a customer has 40 events, an object 8.
  await sql`
    insert into webhook_events (id, stripe_event_id, type, livemode, object_kind, object_id, stripe_customer_id, status,
      created_at, received_at, due_at, payload)
    select gen_random_uuid(), 'evt_' || n,
      case when n % 500 = 7 then 'charge.dispute.created' when n % 2 = 0 then 'invoice.paid' else 'invoice.updated' end,
      false, 'invoice', 'in_' || n % ${events / 8}, 'cus_' || n % ${events / 40},
      (case when n % 400 = 3 then 'FAILED' when n % 10 = 1 then 'IGNORED' else 'PROCESSED' end)::webhook_event_status,
      at, at, at, '{}'
    from generate_series(1, ${events}) as n, lateral (select '2026-01-01'::timestamptz + n / 3 * interval '1 second') as t (at)`;
  await sql`vacuum analyze webhook_events`;
});
afterAll(async () => {
  await Promise.all([connection.close(), sql.end()]);
  await database.drop();
});

const start = { after: null, before: null, from: "START", limit } as const;

const narrowed: readonly [string, WebhookEventCriteria][] = [
  ["all", {}],
  ["what was given up", { status: ["FAILED"] }],
  ["what was ignored", { status: ["IGNORED"] }],
  ["what was processed", { status: ["PROCESSED"] }],
  ["a rare name", { name: ["charge.dispute.created"] }],
  ["a common name", { name: ["invoice.paid"] }],
  ["one customer", { stripeCustomerIds: ["cus_17"] }],
  ["one object", { stripeId: "in_17" }],
  ["one event", { stripeId: "evt_17" }],
  ["a span", { receivedAt: { from: new Date("2026-01-01T01:00:00Z"), to: new Date("2026-01-01T01:10:00Z") } }],
];

test.for(narrowed)("a page of %s is read by an index, at the same cost at every depth", async ([, criteria]) => {
  const all = await listEvents(connection.db, criteria, { ...start, limit: events });
  expect(all.length).toBeGreaterThan(0);
  const positionAt = (share: number): Position => Object.values(all[Math.floor(all.length * share)]?.position ?? {});
  for (const place of [0.02, 0.5, 0.98]) {
    for (const from of ["START", "END"] as const) {
      const end = { after: null, before: null, [from === "START" ? "after" : "before"]: positionAt(place) };
      const { steps, touched } = await explain(sql, listEvents(connection.db, criteria, { ...end, from, limit }));
      expect([...steps].filter((step) => /Seq Scan|Hash/.test(step))).toEqual([]);
      expect(touched).toBeLessThanOrEqual(6 * limit);
    }
  }
});

test("what was given up is found to be replayed without looking through what was not", async () => {
  const { steps, touched } = await explain(sql, replayableEvents(connection.db, { status: ["FAILED"] }, 10_000));
  expect([...steps].filter((step) => /Seq Scan/.test(step))).toEqual([]);
  expect(touched).toBeLessThanOrEqual(events / 400);
});

test("whether events wait that nobody works on is seen without looking through what is settled", async () => {
  const { touched } = await explain(sql, neglectedEvent(connection.db, new Date()));
  expect(touched).toBeLessThan(100);
});

test("a full page with bodies and customers costs as many statements as a page of two", async () => {
  const { app, statements: asked, stop } = await startCountedApp();
  const root = app.person("root", { role: "admin" });
  await app.sandbox.settled();
  for (let nth = 0; nth < 100; nth++) {
    await writeCustomer(app, `one-${nth}`, { stripeCustomerId: `cus_${nth}` });
    await writeEvent(app, { stripeCustomerId: `cus_${nth}` });
  }
  const page = `query ($first: Int) { adminWebhookEvents(first: $first, filter: { status: [FAILED] }) {
    totalCount nodes { payload customer { email } } } }`;
  await root.ask(page, { first: 1 });
  const cost = async (first: number) => {
    const before = asked();
    expect((await root.ask(page, { first })).adminWebhookEvents.nodes).toHaveLength(first);
    return asked() - before;
  };
  // The list, its count, the bodies and the customers.
  expect([await cost(2), await cost(100)]).toEqual([4, 4]);
  await stop();
});
