import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { otherProcesses } from "./support/another-process.js";
import { startTestApp, type TestApp } from "./support/app.js";
import { deliver, eventOf } from "./support/deliveries.js";
import { sendGraphql } from "./support/graphql.js";
import { until } from "./support/until.js";
import { record } from "./support/usage.js";

const clients = 6;
const processes = otherProcesses();
afterAll(() => processes.clear());

test("while processes are replaced one by one, and the tables grow under them, no request fails", async () => {
  const { app, stop } = await startTestApp({ worker: false });
  await app.customerOn("enterprise", "rolled");
  const start = () => processes.serve(app, { worker: true, environment: { SHUTDOWN_DELAY_SECONDS: "1" } });
  const old = await Promise.all([start(), start()]);
  const fleet = balance(old.map(({ url }) => url));
  const traffic = send(app, fleet.pick);

  for (const { process, url } of old) {
    await traffic.goOn();
    process.child.kill("SIGTERM");
    expect(await process.ended, process.output()).toBe(0);
    fleet.remove(url);
    await growTables(app);
    fleet.add((await start()).url);
  }
  const migration = await processes.run("src/cli/migrate.ts", { DATABASE_URL: app.config.database.url });
  expect(await migration.ended, migration.output()).toBe(0);
  await traffic.goOn();
  const { counted, delivered, failures } = await traffic.end();
  fleet.end();

  expect(failures).toEqual([]);
  const { entitlement } = await app.person("rolled").ask('{ entitlement(feature: "streaming_minutes") { used } }');
  expect(entitlement.used).toBe(counted);
  const rows = await app.connection.db.execute<{ id: string }>(
    "select stripe_event_id as id from webhook_events where type = 'product.updated' and object_id = 'prod_rolled'",
  );
  expect(rows.map(({ id }) => id).toSorted()).toEqual(delivered.toSorted());
  await processes.clear();
  await stop();
});

/** What a load balancer does: it asks each process whether it is ready, and passes requests to those that are. */
function balance(urls: string[]) {
  let all = urls;
  let ready = urls;
  let turn = 0;
  let isOver = false;
  const watch = async () => {
    while (!isOver) {
      const answers = all.map((url) =>
        fetch(`${url}/readyz`).then(
          ({ ok }) => ok && url,
          () => false as const,
        ),
      );
      ready = (await Promise.all(answers)).flatMap((url) => url || []);
      await sleep(100);
    }
  };
  void watch();
  return {
    pick: () => ready[turn++ % ready.length] ?? "",
    add(url: string) {
      all = [...all, url];
    },
    remove(url: string) {
      all = all.filter((other) => other !== url);
    },
    end() {
      isOver = true;
    },
  };
}

/** Clients that keep their connections, and ask one thing after the other until they are told to end. */
function send(app: TestApp, pick: () => string) {
  const [customer, backend] = [app.person("rolled"), app.person("backend", { role: "service" })];
  const delivered: string[] = [];
  const failures: string[] = [];
  let [counted, answered, isOver] = [0, 0, false];

  const asks = [
    async (url: string) => {
      const { errors } = await sendGraphql(url, "{ currentSubscription { status tier { slug } } }", {}, customer.token);
      if (errors) throw new Error(JSON.stringify(errors));
    },
    async (url: string) => {
      const events = [{ feature: "streaming_minutes", quantity: 1, idempotencyKey: randomUUID() }];
      const input = { externalCustomerId: "rolled", events };
      const { data, errors } = await sendGraphql(url, record, { input }, backend.token);
      if (data?.recordUsage?.results[0]?.isAccepted !== true) throw new Error(JSON.stringify(errors ?? data));
      counted += 1;
    },
    async (url: string) => {
      const id = `evt_${randomUUID()}`;
      const body = eventOf("product.updated", { id: "prod_rolled", object: "product" }, { id });
      const { status } = await deliver({ ...app, url }, body);
      if (status !== 200) throw new Error(`a delivery was answered ${status}`);
      delivered.push(id);
    },
  ];
  const client = async (n: number) => {
    for (let turn = n; !isOver; turn += 1) {
      const url = pick();
      await asks[turn % asks.length]?.(url).catch((error: Error) => failures.push(`${url}: ${error} ${error.cause}`));
      answered += 1;
      await sleep(5);
    }
  };
  const all = Array.from({ length: clients }, (_, n) => client(n));
  return {
    /** Waits until there was some more traffic. */
    async goOn() {
      const goal = answered + 20 * clients;
      await until("there is traffic", () => answered >= goal, 30_000);
    },
    async end() {
      isOver = true;
      await Promise.all(all);
      return { counted, delivered, failures };
    },
  };
}

/** What a migration does: it only adds. Statements that were prepared before must go on. */
async function growTables({ connection: { db } }: TestApp): Promise<void> {
  for (const table of ["users", "subscriptions", "webhook_events", "usage_tracking", "usage_events", "usage_keys"]) {
    await db.execute(`alter table ${table} add column later_${randomUUID().slice(0, 8)} text`);
  }
}
