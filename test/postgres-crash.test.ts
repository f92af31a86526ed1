import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openSql } from "../src/db/client.js";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../src/db/embedded.js";
import { migrateDatabase } from "../src/db/migrate.js";
import { freePort } from "../src/dev/ports.js";
import { migrateJobs } from "../src/jobs/worker.js";
import { makeLogger } from "../src/log.js";
import { otherProcesses } from "./support/another-process.js";
import { startTestApp } from "./support/app.js";
import { deliver, eventOf } from "./support/deliveries.js";
import { faultSeed, seeded } from "./support/seeded.js";
import { faultRounds } from "./support/storm.js";
import { until } from "./support/until.js";

const rounds = faultRounds + 1;
const events = 200 * rounds;
const atOnce = 16;

const processes = otherProcesses();
afterAll(() => processes.clear());

test(
  `Postgres that stops at once in the middle of deliveries, ${rounds} times, costs none that was acknowledged (seed ${faultSeed})`,
  async () => {
    const { app, stop } = await startTestApp({ worker: false });
    const dataDir = await mkdtemp(join(tmpdir(), "billing-test-"));
    const random = seeded(faultSeed);
    // One that is durable: what tests otherwise run on forgets the last moments.
    let server = await startEmbeddedPostgres({ dataDir });
    const { port } = server;
    await migrate(server);
    const elsewhere = { ...app, config: { ...app.config, database: { ...app.config.database, url: server.url() } } };
    const { process, url } = await processes.serve(elsewhere, { port: await freePort(), worker: true });
    try {
      const accepted: string[] = [];
      const statuses = new Set<number>();
      let serial = 0;
      const send = async () => {
        while (serial < events) {
          const id = `evt_restart_${++serial}`;
          const body = eventOf("customer.updated", { id: "cus_nobody", object: "customer" }, { id });
          await until(`${id} is accepted`, async () => {
            const answer = await deliver({ ...app, url }, body);
            statuses.add(answer.status);
            return answer.status === 200;
          });
          accepted.push(id);
        }
      };
      const restarts = async () => {
        for (let round = 1; round <= rounds; round += 1) {
          const moment = Math.floor((events * (round - random() * 0.5)) / (rounds + 1));
          await until("enough was accepted", () => accepted.length >= moment, 60_000);
          await stopImmediately(server);
          server = await startEmbeddedPostgres({ dataDir, port });
          const again = eventOf(
            "customer.updated",
            { id: "cus_nobody", object: "customer" },
            { id: `evt_back_${round}` },
          );
          await until("deliveries are taken again", async () => (await deliver({ ...app, url }, again)).ok, 5_000);
          accepted.push(`evt_back_${round}`);
        }
      };
      await Promise.all([restarts(), ...Array.from({ length: atOnce }, send)]);

      expect(process.child.exitCode).toBe(null);
      expect([200, 503]).toEqual(expect.arrayContaining([...statuses]));
      const sql = openSql(server.url(), { max: 1, applicationName: "tests" });
      const waiting = () => sql`select from webhook_events where status in ('PENDING', 'PROCESSING')`;
      await until("every event is settled", async () => (await waiting()).length === 0, 60_000);
      const rows = await sql<{ id: string }[]>`select stripe_event_id as id from webhook_events`;
      await sql.end();
      expect(rows.map(({ id }) => id).toSorted()).toEqual(accepted.toSorted());
    } finally {
      process.child.kill("SIGKILL");
      await process.ended;
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
      await stop();
    }
  },
  60_000 + rounds * 20_000,
);

async function migrate(server: EmbeddedPostgres): Promise<void> {
  await migrateDatabase(server.url());
  await migrateJobs(server.url(), makeLogger("error"));
}

/** As `pg_ctl stop -m immediate`: nobody is waited for, nothing is written. https://www.postgresql.org/docs/15/app-pg-ctl.html */
async function stopImmediately(server: EmbeddedPostgres): Promise<void> {
  const pid = Number((await readFile(join(server.dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n")[0]);
  process.kill(pid, "SIGQUIT");
  await server.stop();
}
