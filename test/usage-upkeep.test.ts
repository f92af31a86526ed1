import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { keepUsageTables } from "../src/billing/usage/usage.due.js";
import { startTestApp, type TestApp } from "./support/app.js";
import { count, report, results } from "./support/usage.js";

const dayMs = 24 * 3_600_000;

/** Each test has a service of its own: partitions belong to all of a database's customers. */

async function partitions({ connection }: TestApp): Promise<string[]> {
  const rows = await connection.db.execute(
    sql`select child.relname as name from pg_inherits join pg_class child on child.oid = inhrelid
      where inhparent = 'usage_events'::regclass order by 1`,
  );
  return rows.map(({ name }) => String(name));
}

async function rowsIn({ connection }: TestApp, table: string): Promise<number> {
  const [row] = await connection.db.execute(sql`select count(*) as n from ${sql.identifier(table)}`);
  return Number(row?.["n"]);
}

const monthName = (date: Date, later = 0) => {
  const first = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later));
  return `usage_events_${first.toISOString().slice(0, 7).replace("-", "_")}`;
};

function keep(app: TestApp, usageRetentionMonths: number, now = app.now()): Promise<void> {
  return keepUsageTables({ db: app.connection.db, now: () => now, settings: { usageRetentionMonths } });
}

test("events of a month that nobody made a partition for are kept, and moved into one that is made later", async () => {
  const { app, stop } = await startTestApp({ worker: false });
  await app.control("POST", "/sandbox/clock", { advance_seconds: (200 * dayMs) / 1000 });
  await count(app, "ada", "streaming_minutes", 5);
  expect(await rowsIn(app, "usage_events_default")).toBe(1);
  await keep(app, 13);
  expect(await rowsIn(app, "usage_events_default")).toBe(0);
  expect(await rowsIn(app, monthName(app.now()))).toBe(1);
  const made = await partitions(app);
  expect(made).toEqual(expect.arrayContaining([0, 1, 2].map((later) => monthName(app.now(), later))));
  await keep(app, 13);
  expect(await partitions(app)).toEqual(made);
  await count(app, "ada", "streaming_minutes", 6);
  expect(await rowsIn(app, monthName(app.now()))).toBe(2);
  await stop();
});

test("events of a month that had passed before anybody made its partition get one too, so that it can be dropped", async () => {
  const { app, stop } = await startTestApp({ worker: false });
  await app.control("POST", "/sandbox/clock", { advance_seconds: (200 * dayMs) / 1000 });
  await count(app, "ada", "streaming_minutes", 5);
  const then = monthName(app.now());
  await app.control("POST", "/sandbox/clock", { advance_seconds: (100 * dayMs) / 1000 });
  await keep(app, 13);
  expect([await rowsIn(app, "usage_events_default"), await rowsIn(app, then)]).toEqual([0, 1]);
  await app.control("POST", "/sandbox/clock", { advance_seconds: (400 * dayMs) / 1000 });
  await keep(app, 13);
  expect(await partitions(app)).not.toContain(then);
  await stop();
});

test("old months are dropped whole, and counters and histories stay", async () => {
  const { app, stop } = await startTestApp({ worker: false });
  await app.customerOn("professional", "bob");
  await count(app, "bob", "streaming_minutes", 7);
  const then = app.now();
  await keep(app, 3);
  await keep(app, 3, new Date(Date.UTC(then.getUTCFullYear(), then.getUTCMonth() + 3, 28)));
  expect(await partitions(app)).toContain(monthName(then));
  await keep(app, 3, new Date(Date.UTC(then.getUTCFullYear(), then.getUTCMonth() + 4, 1)));
  expect(await partitions(app)).not.toContain(monthName(then));
  expect(await rowsIn(app, "usage_events")).toBe(0);
  const { usageHistory, entitlement } = await app.person("bob").ask(
    `query ($from: DateTime!) { entitlement(feature: "streaming_minutes") { used }
      usageHistory(feature: "streaming_minutes", from: $from, granularity: MONTH) { total } }`,
    { from: new Date(then.getTime() - dayMs).toISOString() },
  );
  expect([usageHistory.total, entitlement.used]).toEqual([7, 7]);
  await stop();
});

test("a key is remembered for 45 days, and its event cannot be sent again before it is too old", async () => {
  const { app, stop } = await startTestApp({ worker: false });
  const occurredAt = app.now().toISOString();
  const event = { feature: "streaming_minutes", quantity: 2, occurredAt, idempotencyKey: "k" };
  await results(report(app, "cleo", [event]));
  await app.control("POST", "/sandbox/clock", { advance_seconds: (44 * dayMs) / 1000 });
  await keep(app, 13);
  expect((await results(report(app, "cleo", [event])))[0]).toMatchObject({ isAccepted: true, isDuplicate: true });
  await app.control("POST", "/sandbox/clock", { advance_seconds: (2 * dayMs) / 1000 });
  await keep(app, 13);
  expect(await rowsIn(app, "usage_keys")).toBe(0);
  expect((await results(report(app, "cleo", [event])))[0].userErrors).toMatchObject([{ code: "USAGE_TOO_OLD" }]);
  await stop();
});

test("many old keys and reservations go in batches", async () => {
  const { app, stop } = await startTestApp({ worker: false });
  const old = new Date(app.now().getTime() - 46 * dayMs).toISOString();
  await app.connection.db.execute(sql`insert into usage_keys (user_id, key, feature_key, quantity, counted_at)
    select '00000000-0000-0000-0000-000000000000', n::text, 'guests', 1, ${old} from generate_series(1, 12001) n`);
  await app.connection.db.execute(sql`insert into usage_reservations
      (id, user_id, feature_key, period_start, quantity, settled_quantity, status, expires_at, reserved_at, closed_at, idempotency_key)
    select gen_random_uuid(), '00000000-0000-0000-0000-000000000000', 'guests', ${old}, 1, 0, 'RELEASED', ${old}, ${old}, ${old}, n::text
    from generate_series(1, 6000) n`);
  await keep(app, 13);
  expect([await rowsIn(app, "usage_keys"), await rowsIn(app, "usage_reservations")]).toEqual([0, 0]);
  await stop();
});
