import { afterAll, expect, test } from "vitest";
import { freePort } from "../src/dev/ports.js";
import { otherProcesses } from "./support/another-process.js";
import { startTestApp } from "./support/app.js";
import { faultSeed, seeded } from "./support/seeded.js";
import { changesUnheard, deliverAll, expectEachOnce, faultRounds } from "./support/storm.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

const customers = Array.from({ length: 6 }, (_, n) => `killed-${n}`);
const changes = 30;

const processes = otherProcesses();
afterAll(() => processes.clear());

test(
  `API and worker killed in the middle of deliveries lose nothing and do nothing twice, ${faultRounds} times (seed ${faultSeed})`,
  async () => {
    const { app, stop } = await startTestApp({ worker: false });
    const random = seeded(faultSeed);
    const port = await freePort();
    let service = await processes.serve(app, { port, worker: true });
    try {
      for (const sub of customers) await app.customerOn("professional", sub);
      for (let round = 0; round < faultRounds; round += 1) {
        const bodies = await changesUnheard(app, customers, changes, random);
        const accepted = new Set<string>();
        const all = deliverAll(app, [service.url], bodies, accepted);
        const moment = Math.floor(random() * bodies.length * 0.8);
        await until("enough was accepted", () => accepted.size >= moment, 30_000);
        expect(service.process.child.exitCode, service.process.output()).toBe(null);
        service.process.child.kill("SIGKILL");
        await service.process.ended;
        service = await processes.serve(app, { port, worker: true });
        await all;
        await expectEachOnce(app, accepted);
        await expectStripesTruth(app);
      }
    } finally {
      service.process.child.kill("SIGKILL");
      await service.process.ended;
      await stop();
    }
  },
  60_000 + faultRounds * 30_000,
);
