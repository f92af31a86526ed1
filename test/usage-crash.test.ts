import { afterAll, expect } from "vitest";
import { freePort } from "../src/dev/ports.js";
import { otherProcesses } from "./support/another-process.js";
import { test } from "./support/app.js";
import { type Answer, sendGraphql } from "./support/graphql.js";
import { until } from "./support/until.js";
import { record } from "./support/usage.js";

const processes = otherProcesses();
afterAll(() => processes.clear());

const customers = 4;
const eventsEach = 150;
const rounds = Number(process.env["USAGE_CRASH_ROUNDS"] ?? 3);

test(
  `a process that is killed ${rounds} times while it counts loses nothing and counts nothing twice`,
  async ({ app }) => {
    const token = app.person("backend", { role: "service" }).token;
    await Promise.all(Array.from({ length: customers }, (_, n) => app.customerOn("enterprise", `killed-${n}`)));
    const port = await freePort();
    let { process } = await processes.serve(app, { port });
    let accepted = 0;
    let isDone = false;

    /** Sends each event until it is known to be counted, as an honest caller does, with the same key each time. */
    const send = async (customer: number, event: number): Promise<void> => {
      const input = {
        externalCustomerId: `killed-${customer}`,
        events: [{ feature: "streaming_minutes", quantity: 2, idempotencyKey: `e${event}` }],
      };
      let answer: Answer | null = null;
      const isCounted = async () => {
        answer = await sendGraphql(`http://127.0.0.1:${port}`, record, { input }, token).catch(() => null);
        return answer?.data?.recordUsage?.results[0]?.isAccepted === true;
      };
      await until(`event ${event} of customer ${customer} is counted`, isCounted).catch((error: unknown) => {
        throw new Error(`${error}, but: ${JSON.stringify(answer)}`);
      });
      accepted += 1;
    };
    const senders = Array.from({ length: 16 }, async (_, worker) => {
      for (let n = worker; n < customers * eventsEach; n += 16) await send(n % customers, Math.floor(n / customers));
    });
    const killer = async () => {
      for (let round = 1; round <= rounds && !isDone; round += 1) {
        const goal = Math.min(customers * eventsEach - 20, Math.floor((round * customers * eventsEach) / (rounds + 1)));
        await until("enough is counted", () => accepted >= goal, 60_000);
        process.child.kill("SIGKILL");
        await process.ended;
        ({ process } = await processes.serve(app, { port }));
      }
    };
    await Promise.all([Promise.all(senders).then(() => (isDone = true)), killer()]);

    for (let customer = 0; customer < customers; customer += 1) {
      const { entitlement } = await app
        .person(`killed-${customer}`)
        .ask(`{ entitlement(feature: "streaming_minutes") { used } }`);
      expect(entitlement.used).toBe(eventsEach * 2);
    }
    process.child.kill("SIGKILL");
    await process.ended;
  },
  60_000 + rounds * 10_000,
);
