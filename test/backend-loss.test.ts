import { afterAll, expect, test } from "vitest";
import { otherProcesses } from "./support/another-process.js";
import { startTestApp, type TestApp } from "./support/app.js";
import { faultSeed, seeded } from "./support/seeded.js";
import { changesUnheard, deliverAll, expectEachOnce, faultRounds } from "./support/storm.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const customers = Array.from({ length: 4 }, (_, n) => `cut-${n}`);
const changes = 24;
const cuts = 12;

const processes = otherProcesses();
afterAll(() => processes.clear());

test(
  `connections that Postgres ends at random, ${cuts} times in each of ${faultRounds} rounds, cost nothing (seed ${faultSeed})`,
  async () => {
    const { app, stop } = await startTestApp({ worker: false });
    const random = seeded(faultSeed);
    for (const sub of customers) await app.customerOn("professional", sub);
    await app.sandbox.settled();
    const { process, url } = await processes.serve(app, { worker: true });
    for (let round = 0; round < faultRounds; round += 1) {
      const bodies = await changesUnheard(app, customers, changes, random);
      const accepted = new Set<string>();
      const cutAll = async () => {
        for (let cut = 0; cut < cuts; cut += 1) {
          const moment = Math.floor((accepted.size + bodies.length * random()) / 2);
          await until("more was accepted", () => accepted.size >= Math.min(moment, bodies.length), 30_000);
          await endOne(app, random);
        }
      };
      await Promise.all([deliverAll(app, [url], bodies, accepted), cutAll()]);
      await expectEachOnce(app, accepted);
      await expectStripesTruth(app);
      expect(process.child.exitCode, process.output()).toBe(null);
    }
    const { currentSubscription } = await app.person("cut-0").ask("{ currentSubscription { status } }");
    expect(currentSubscription.status).toBe("ACTIVE");
    process.child.kill("SIGTERM");
    expect(await process.ended, process.output()).toBe(0);
    await stop();
  },
  60_000 + faultRounds * 30_000,
);

/** Ends one connection of the service's, of any of its pools. */
async function endOne({ connection: { db } }: TestApp, random: () => number): Promise<void> {
  const found = await db.execute<{ pid: number }>(
    "select pid from pg_stat_activity where datname = current_database() and application_name <> 'tests' order by pid",
  );
  const victim = found[Math.floor(random() * found.length)];
  if (victim) await db.execute(`select pg_terminate_backend(${victim.pid})`);
}
