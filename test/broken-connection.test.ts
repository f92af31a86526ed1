import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect, type Db } from "../src/db/client.js";
import { isDatabaseOutage } from "../src/db/outage.js";
import { cloneDatabase, endConnections, type TestDatabase } from "./support/database.js";
import { openPostgresProxy } from "./support/postgres-proxy.js";
import { until } from "./support/until.js";

let database: TestDatabase;
let pool: Connection;

beforeAll(async () => {
  database = await cloneDatabase();
  pool = connect(database.url, { max: 2, applicationName: "pool" });
  await pool.db.execute(sql`create table notes (text text)`);
});

afterAll(async () => {
  await pool.close();
  await database.drop();
});

test("a connection that breaks between two statements ends its transaction, and nothing of it runs elsewhere", async () => {
  const broken = pool.db.transaction(async (inside) => {
    await write(inside, "before");
    await endConnections(database.url, "pool");
    await write(inside, "after");
  });
  await expectOutage(broken);
  await servesAgain();
  expect(await notes()).toEqual([]);
});

test("a connection that breaks under a statement ends its transaction", async () => {
  const broken = pool.db.transaction(async (inside) => {
    await write(inside, "before");
    await Promise.all([inside.execute(sql`select pg_sleep(60)`), endConnections(database.url, "pool")]);
  });
  await expectOutage(broken);
  await servesAgain();
  expect(await notes()).toEqual([]);
});

test("a transaction that carries on regardless of its lost connection writes nothing into the next session", async () => {
  let carryOn = () => {};
  const told = new Promise<void>((resolve) => {
    carryOn = resolve;
  });
  const late: Promise<unknown>[] = [];
  const broken = pool.db.transaction(async (inside) => {
    await endConnections(database.url, "pool");
    await told;
    late.push(write(inside, "late"));
    await Promise.allSettled(late);
  });
  await expectOutage(broken);
  await servesAgain();
  // Both connections of the pool are new sessions now, one of them in a transaction.
  await pool.db.transaction(async (next) => {
    await Promise.all([write(next, "next"), notes()]);
    carryOn();
    await expect.poll(() => late.length).toBe(1);
    await Promise.allSettled(late);
  });
  expect(await notes()).toEqual(["next"]);
});

test("a pool whose connections all broke in the middle of transactions serves again", async () => {
  const broken = [1, 2].map(() => pool.db.transaction((inside) => inside.execute(sql`select pg_sleep(60)`)));
  const lost = Promise.all(broken.map(expectOutage));
  await expect.poll(() => sleepers()).toBe(2);
  await endConnections(database.url, "pool");
  await lost;
  await servesAgain();
  const answers = await Promise.all(
    [1, 2, 3, 4].map((n) => pool.db.execute<{ n: number }>(sql`select ${n}::int as n`)),
  );
  expect(answers.map(([row]) => row?.n)).toEqual([1, 2, 3, 4]);
});

test("connections on which nothing is heard any more are given up, and new ones serve", async () => {
  const wire = await openPostgresProxy(database.url);
  const wired = connect(wire.url, { max: 2, applicationName: "wired", statementTimeoutMs: 250 });
  await Promise.all([wired.ping(), wired.ping()]);
  wire.stall();
  const swallowed = [wired.db.transaction((inside) => write(inside, "swallowed")), wired.ping()];
  for (const lost of swallowed) await expectOutage(lost);
  wire.letNewThrough();
  await until("the pool to serve again", () =>
    wired.ping().then(
      () => true,
      () => false,
    ),
  );
  await wired.close();
  await wire.close();
});

/** Whoever asks in the very moment of a break may still be given a broken connection: that is an outage, and passes. */
test("a statement that is begun on a connection that has long been quiet is not taken for one without an answer", async () => {
  const quiet = connect(database.url, { max: 1, applicationName: "quiet", statementTimeoutMs: 400 });
  try {
    await quiet.ping();
    // Busy until the time for an answer is over, were one awaited; what is begun now is sent only in the next turn.
    await new Promise<void>((resolve) =>
      setImmediate(() => {
        stayBusy(600);
        resolve(quiet.ping());
      }),
    );
  } finally {
    await quiet.close();
  }
});

test("an answer that came while the process was busy is read, however late", async () => {
  const quiet = connect(database.url, { max: 1, applicationName: "quiet", statementTimeoutMs: 400 });
  try {
    await quiet.ping();
    const answer = quiet.ping();
    for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate); // it is sent
    stayBusy(600);
    await answer;
  } finally {
    await quiet.close();
  }
});

async function servesAgain(): Promise<void> {
  const ask = () => Promise.all([pool.ping(), pool.ping()]);
  await until("the pool to serve again", () => ask().catch((error) => void expect(isDatabaseOutage(error)).toBe(true)));
}

async function expectOutage(work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(isDatabaseOutage(error), String(error)).toBe(true);
}

function write(db: Db, text: string): Promise<unknown> {
  return db.execute(sql`insert into notes (text) values (${text})`).then((rows) => rows);
}

async function notes(): Promise<string[]> {
  return (await pool.db.execute<{ text: string }>(sql`select text from notes`)).map(({ text }) => text);
}

async function sleepers(): Promise<number> {
  const watcher = connect(database.url, { max: 1, applicationName: "watcher" });
  const [row] = await watcher.db.execute<{ count: number }>(
    sql`select count(*)::int as count from pg_stat_activity where application_name = 'pool' and query like '%pg_sleep%' and state = 'active'`,
  );
  await watcher.close();
  return row?.count ?? 0;
}

function stayBusy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
