import { afterAll, beforeAll, expect, test } from "vitest";
import { type CustomerCriteria, customerOrder, listCustomers } from "../src/billing/admin/admin-customer.repository.js";
import { readSearch } from "../src/billing/admin/admin-search.js";
import { listAllSubscriptions, subscriptionOrder } from "../src/billing/admin/admin-subscription.repository.js";
import type { Catalog } from "../src/billing/catalog/catalog.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { findOutdatedMrr } from "../src/billing/subscriptions/mrr.repository.js";
import { type Connection, connect, openSql, type RawSql } from "../src/db/client.js";
import type { Order, Position, Slice } from "../src/db/keyset.js";
import { cloneDatabase, type TestDatabase } from "./support/database.js";
import { explain } from "./support/explain.js";

/** Postgres' own account of how it runs the queries of lists for staff, on as many rows as make a difference. */
const customers = 20_000;
const limit = 21;

let database: TestDatabase;
let connection: Connection;
let sql: RawSql;
let catalog: Catalog;

beforeAll(async () => {
  database = await cloneDatabase();
  connection = connect(database.url, { max: 1, applicationName: "tests" });
  sql = openSql(database.url, { max: 1, applicationName: "tests", statementTimeoutMs: 60_000 });
  catalog = { ...(await readCatalogFile("catalog.yaml")), version: 1, portalConfigurationId: null, prices: [] };
  // Half have a name, and half have a subscription; a period ends for two of three.
  await sql`
    insert into users (id, external_id, name, email, created_at, recorded_at, updated_at)
    select gen_random_uuid(), 'user-' || n, case when n % 2 = 0 then md5(n::text) end, md5('mail' || n) || '@example.com',
      '2026-01-01'::timestamptz + n % 5000 * interval '1 minute', now(), now()
    from generate_series(1, ${customers}) as n`;
  await sql`
    insert into subscriptions (id, user_id, stripe_subscription_id, status, tier_slug, quantity, started_at,
      current_period_end, mrr, mrr_currency, recorded_at, updated_at)
    select gen_random_uuid(), id, 'sub_' || external_id, 'ACTIVE', 'starter', 1, created_at,
      case when hashtext(external_id) % 3 <> 0 then created_at end, abs(hashtext(external_id) % 50), 'usd', now(), now()
    from users where hashtext(external_id) % 2 = 0`;
  await sql`vacuum analyze users`;
  await sql`vacuum analyze subscriptions`;
});
afterAll(async () => {
  await Promise.all([connection.close(), sql.end()]);
  await database.drop();
});

const moment = { now: new Date("2026-06-01"), gracePeriodDays: 7 };
const searching = (search: string): CustomerCriteria => ({ search: readSearch(search) });
const customersBy = (order: Order, slice: Slice, criteria: CustomerCriteria = {}) =>
  listCustomers(connection.db, criteria, moment, order, slice);
const subscriptionsBy = (order: Order, slice: Slice) => listAllSubscriptions(connection.db, {}, catalog, order, slice);

const lists = [
  ...(["CREATED_AT", "NAME"] as const).map((field) => {
    const order = (direction: Order["direction"]) => customerOrder(field, direction);
    return [`customers by ${field}`, order, customersBy] as const;
  }),
  ...(["CURRENT_PERIOD_END", "CUSTOMER_NAME", "MRR", "STARTED_AT"] as const).map((field) => {
    const order = (direction: Order["direction"]) => subscriptionOrder(field, direction);
    return [`subscriptions by ${field}`, order, subscriptionsBy] as const;
  }),
];

test.for(lists)("a page of %s is read by an index, at the same cost at every depth", async ([, orderBy, list]) => {
  for (const direction of ["ASC", "DESC"] as const) {
    const order = orderBy(direction);
    const all = await list(order, { after: null, before: null, from: "START", limit: customers });
    expect(all.length).toBeGreaterThan(customers / 3);
    const positionAt = (share: number): Position => Object.values(all[Math.floor(all.length * share)]?.position ?? {});
    for (const place of [0.02, 0.5, 0.98]) {
      for (const from of ["START", "END"] as const) {
        const end = { after: null, before: null, [from === "START" ? "after" : "before"]: positionAt(place) };
        const { steps, touched } = await explain(sql, list(order, { ...end, from, limit }));
        expect([...steps].filter((step) => /Seq Scan|^Sort$|Hash/.test(step))).toEqual([]);
        // By name, customers without a subscription are passed on the way.
        expect(touched).toBeLessThanOrEqual(6 * limit);
      }
    }
  }
});

test("a search by part of a name or address is answered by its index", async () => {
  const everything = { after: null, before: null, from: "START", limit } as const;
  const [{ name, email } = { name: "", email: "" }] = await sql<{ name: string; email: string }[]>`
    select name, email from users where name is not null limit 1`;
  for (const text of [name.slice(3, 15).toUpperCase(), email.slice(5, 20)]) {
    const query = customersBy(customerOrder("CREATED_AT", "DESC"), everything, searching(text));
    expect(await query).toHaveLength(1);
    const { steps, touched } = await explain(sql, query);
    expect([...steps]).toContain("Bitmap Index Scan");
    expect(touched).toBeLessThan(customers / 100);
  }
});

test("a customer's own ID, or Stripe's, is found by its index", async () => {
  const everything = { after: null, before: null, from: "START", limit } as const;
  const query = customersBy(customerOrder("CREATED_AT", "DESC"), everything, searching("user-4711"));
  expect(await query).toHaveLength(1);
  expect((await explain(sql, query)).touched).toBeLessThan(customers / 100);
});

test("what is to be worked out anew is found without looking through what is not", async () => {
  // Not yet run: the repository gives a promise, which Drizzle's query is.
  const query = findOutdatedMrr(connection.db, "usd", new Date("2026-06-01"), 500);
  expect(await query).toEqual([]);
  const { steps, touched } = await explain(sql, query);
  expect([...steps].filter((step) => /Seq Scan/.test(step))).toEqual([]);
  expect(touched).toBe(0);
});
