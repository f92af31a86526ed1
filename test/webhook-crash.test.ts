import { afterAll, expect, test } from "vitest";
import { freePort } from "../src/dev/ports.js";
import { otherProcesses } from "./support/another-process.js";
import { startTestApp, type TestApp } from "./support/app.js";
import { deliver } from "./support/deliveries.js";
import { subscriptionOf } from "./support/objects.js";
import { faultSeed, seeded } from "./support/seeded.js";
import { expectStripesTruth } from "./support/truth.js";
import { until } from "./support/until.js";

/** `npm run test:faults` with FAULT_ROUNDS=100 is for a long evening; FAULT_SEED brings a round back. */
const rounds = Number(process.env["FAULT_ROUNDS"] ?? 1);
const customers = 6;
const changesEach = 5;
const atOnce = 16;

const processes = otherProcesses();
afterAll(() => processes.clear());

test(
  `API and worker killed in the middle of deliveries lose nothing and do nothing twice, ${rounds} times (seed ${faultSeed})`,
  async () => {
    const { app, stop } = await startTestApp({ worker: false });
    const random = seeded(faultSeed);
    const port = await freePort();
    let service = await processes.serve(app, { port, worker: true });
    try {
      for (let n = 0; n < customers; n += 1) await app.customerOn("professional", `killed-${n}`);
      for (let round = 0; round < rounds; round += 1) {
        const bodies = await changesUnheard(app, random);
        const accepted = new Map<string, number>();
        const all = deliverAll({ ...app, url: `http://127.0.0.1:${port}` }, bodies, accepted);
        const moment = Math.floor(random() * bodies.length * 0.8);
        await until("enough was accepted", () => accepted.size >= moment, 30_000);
        service.process.child.kill("SIGKILL");
        await service.process.ended;
        service = await processes.serve(app, { port, worker: true });
        await all;
        await expectEachOnce(app, [...accepted.keys()]);
        await expectStripesTruth(app);
      }
    } finally {
      service.process.child.kill("SIGKILL");
      await service.process.ended;
      await stop();
    }
  },
  60_000 + rounds * 30_000,
);

/** Changes subscriptions at Stripe, of which nobody hears; gives all that there is to tell, in an order of its own. */
async function changesUnheard(app: TestApp, random: () => number): Promise<string[]> {
  await app.sandbox.settled();
  const [last] = (await app.stripe.events.list({ limit: 1 })).data;
  await app.control("POST", "/sandbox/deliveries", { mode: "drop" });
  for (let n = 0; n < customers * changesEach; n += 1) {
    const { id, items } = await subscriptionOf(app, `killed-${n % customers}`);
    const [item] = items.data;
    await app.stripe.subscriptions.update(id, {
      items: [{ id: item?.id ?? "", quantity: 1 + Math.floor(random() * 5) }],
      proration_behavior: "always_invoice",
    });
  }
  await app.control("POST", "/sandbox/deliveries", { mode: "send" });
  const bodies: string[] = [];
  for await (const event of app.stripe.events.list({ limit: 100 })) {
    if (event.id === last?.id) break;
    bodies.push(JSON.stringify(event));
  }
  return bodies
    .map((body) => ({ body, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ body }) => body);
}

/** Delivers as Stripe does: what was not answered 200 comes again. Each goes out twice, for Stripe repeats itself too. */
async function deliverAll(app: TestApp, bodies: readonly string[], accepted: Map<string, number>): Promise<void> {
  const waiting = [...bodies, ...bodies];
  const send = async () => {
    for (let body = waiting.pop(); body !== undefined; body = waiting.pop()) {
      const { id }: { id: string } = JSON.parse(body);
      const again = body;
      await until(
        `${id} is accepted`,
        async () => (await deliver(app, again).catch(() => null))?.status === 200,
        60_000,
      );
      accepted.set(id, (accepted.get(id) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
}

/** Every event that was answered 200 is there, exactly once, and settled. */
async function expectEachOnce({ connection: { db } }: TestApp, ids: readonly string[]): Promise<void> {
  const waiting = "select 1 from webhook_events where status in ('PENDING', 'PROCESSING')";
  await until("every event is processed", async () => (await db.execute(waiting)).length === 0, 20_000);
  const rows = await db.execute<{ id: string; status: string }>(
    "select stripe_event_id as id, status from webhook_events",
  );
  const found = new Map(rows.map(({ id, status }) => [id, status]));
  expect(rows.length, "rows of the inbox").toBe(found.size);
  expect(
    ids.filter((id) => !found.has(id)),
    "events that were acknowledged and are gone",
  ).toEqual([]);
  expect(rows.filter(({ status }) => status === "FAILED")).toEqual([]);
}
