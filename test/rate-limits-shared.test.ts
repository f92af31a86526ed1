import { sql } from "drizzle-orm";
import { describe, expect } from "vitest";
import { type TestApp, test } from "./support/app.js";
import { as, ask, bucketsOf, startLimited, type Told } from "./support/limited.js";
import { startWired } from "./support/postgres-proxy.js";
import { hasRedis, startRedis } from "./support/redis.js";
import { until } from "./support/until.js";

const page = "query ($n: Int) { payments(first: $n) { nodes { id } } }";

/** Has a caller ask for pages until they are refused; gives the points that they got. */
async function drain(app: TestApp, caller: Record<string, string>, cost = 10): Promise<number> {
  for (let spent = 0; ; spent += cost) {
    const { status } = await ask(app, page, caller, { n: cost - 2 });
    if (status === 429) return spent;
    expect(status).toBe(200);
  }
}

function shown(app: TestApp, message: string): number {
  return app.logged.filter((line) => line.includes(`"${message}"`)).length;
}

const notShared = "rate limits are not shared: each process goes by what it sees itself";
const sharedAgain = "rate limits are shared again";

test("two services on one database share each caller's budget, and go over it by a tenth at most", async () => {
  const { app: one, stop: stopOne } = await startLimited({ customer: 500, money: 3 });
  const configure = (config: TestApp["config"]) => ({ ...config, database: one.config.database });
  const { app: two, stop: stopTwo } = await startLimited({ customer: 500, money: 3 }, { configure, worker: false });
  const ada = as(one.person("ada"));
  const [first, second] = await Promise.all([drain(one, ada), drain(two, ada)]);
  expect(first + second).toBeGreaterThan(490);
  expect(first + second).toBeLessThanOrEqual(550);
  // Who reaches Stripe is counted exactly.
  const bob = as(one.person("bob"));
  const portal =
    'mutation { createPortalSession(input: { returnUrl: "http://localhost:3000/" }) { userErrors { code } } }';
  const statuses: number[] = [];
  for (const app of [one, two, one, two, one, two]) statuses.push((await ask(app, portal, bob)).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429, 429]);
  await stopTwo();
  await stopOne();
});

test("while Postgres is away callers are still limited, by what their process saw, and nobody waits long", async () => {
  const limited = (config: TestApp["config"]) => ({ ...config, rateLimits: bucketsOf({ customer: 300 }) });
  const { app, wire, stop } = await startWired({ configure: limited, worker: false });
  const caller = as(app.person("ada"));
  // Asks for nothing that Postgres has, so that only the limit could be slow.
  const tiers = (n: number) =>
    ask(app, `{ ${Array.from({ length: n }, (_, i) => `t${i}: tiers { name }`).join(" ")} }`, caller);
  expect((await tiers(10)).left).toBe(250);
  wire.stall();
  const startedAt = performance.now();
  const during: Told[] = [];
  for (let times = 0; times < 5; times += 1) during.push(await tiers(10));
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expect(during.map(({ status, left }) => [status, left])).toEqual([
    [200, 200],
    [200, 150],
    [200, 100],
    [200, 50],
    [200, 0],
  ]);
  expect((await tiers(10)).status).toBe(429);
  expect(shown(app, notShared)).toBe(1);
  wire.restore();
  await until("shared limits", async () => {
    await ask(app, page, as(app.person(`caller-${performance.now()}`)), { n: 90 });
    return shown(app, sharedAgain) === 1;
  });
  expect(shown(app, notShared)).toBe(1);
  // What was spent meanwhile is not forgotten here.
  expect((await tiers(10)).status).toBe(429);
  await stop();
});

test("a database that was not migrated keeps nobody out", async () => {
  const { app, stop } = await startLimited({ customer: 300 }, { worker: false });
  await app.connection.db.execute(sql`drop table rate_limit_buckets`);
  expect(await drain(app, as(app.person("ada")))).toBe(300);
  expect(shown(app, notShared)).toBe(1);
  await stop();
});

describe.skipIf(!hasRedis)("with redis-server on the PATH", () => {
  test("two services that have only Redis in common share each caller's budget, and miss it as little as Postgres", async () => {
    const redis = await startRedis();
    const environment = { REDIS_URL: redis.url };
    const { app: one, stop: stopOne } = await startLimited({ customer: 500 }, { environment, worker: false });
    const { app: two, stop: stopTwo } = await startLimited({ customer: 500 }, { environment, worker: false });
    const ada = as(one.person("ada"));
    const [first, second] = await Promise.all([drain(one, ada), drain(two, ada)]);
    expect(first + second).toBeGreaterThan(490);
    expect(first + second).toBeLessThanOrEqual(550);
    const rows = await one.connection.db.execute(sql`select key from rate_limit_buckets`);
    expect([...rows]).toEqual([]);

    await redis.stop();
    const bob = as(one.person("bob"));
    expect(await drain(one, bob)).toBe(500);
    expect(shown(one, notShared)).toBe(1);
    await redis.start();
    await until("shared limits", async () => {
      await ask(one, page, as(one.person(`caller-${performance.now()}`)), { n: 90 });
      return shown(one, sharedAgain) === 1;
    });
    await stopTwo();
    await stopOne();
    await redis.stop();
  });
});
