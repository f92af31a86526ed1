import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "../src/db/client.js";
import { enqueue } from "../src/jobs/enqueue.js";
import { cloneDatabase } from "./support/database.js";
import { until } from "./support/until.js";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let connection: Connection;

beforeAll(async () => {
  database = await cloneDatabase();
  connection = connect(database.url, { max: 4, applicationName: "tests" });
});

afterAll(async () => {
  await connection.close();
  await database.drop();
});

async function jobs() {
  const rows = await connection.db.execute(
    "select key, locked_at is not null as runs from graphile_worker.jobs order by id",
  );
  return rows.map((row) => ({ ...row }));
}

test("a job is added though the one that waits under its key is taken in this very moment", async () => {
  const { db } = connection;
  await enqueue(db, "sweep", { key: "sweep" });
  let adding: Promise<void> | undefined;
  await db.transaction(async (worker) => {
    // As a worker does to take it.
    await worker.execute("update graphile_worker._private_jobs set locked_at = now(), locked_by = 'test'");
    adding = enqueue(db, "sweep", { key: "sweep" });
    await until("it waits for the one that is taken", async () => {
      const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%add_job%'";
      return (await db.execute(waiting)).length > 0;
    });
  });
  await adding;
  expect(await jobs()).toEqual([
    { key: null, runs: true },
    { key: "sweep", runs: false },
  ]);
});

test("a job that waits is replaced by the next one under its key", async () => {
  await enqueue(connection.db, "sweep", { key: "sweep" });
  expect(await jobs()).toHaveLength(2);
});
