import { sql } from "drizzle-orm";
import { Redis } from "ioredis";
import { test as base, describe, expect } from "vitest";
import { connect } from "../src/db/client.js";
import { freePort } from "../src/dev/ports.js";
import { makeLogger } from "../src/log.js";
import type { Bucket, BucketStore } from "../src/rate-limits/bucket.js";
import { makeRateLimiter } from "../src/rate-limits/limiter.js";
import { postgresBuckets } from "../src/rate-limits/postgres-buckets.js";
import { redisBuckets } from "../src/rate-limits/redis-buckets.js";
import { shareBuckets } from "../src/rate-limits/shared-buckets.js";
import { cloneDatabase } from "./support/database.js";
import { hasRedis, startRedis } from "./support/redis.js";
import { until } from "./support/until.js";

interface Shared {
  readonly store: BucketStore;
  /** Lets time pass for a bucket that is not full. */
  pass(key: string, seconds: number): Promise<unknown>;
}

const withPostgres = base.extend<{ shared: Shared }>({
  shared: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const database = await cloneDatabase();
      const { db, close } = connect(database.url, { max: 4, applicationName: "tests" });
      const pass = (key: string, seconds: number) =>
        db.execute(
          sql`update rate_limit_buckets set full_at = full_at - make_interval(secs => ${seconds}::float8) where key = ${key}`,
        );
      await use({ store: postgresBuckets(db), pass });
      await close();
      await database.drop();
    },
    { scope: "file" },
  ],
});

const withRedis = base.extend<{ shared: Shared }>({
  shared: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const server = await startRedis();
      const redis = new Redis(server.url);
      const store = redisBuckets(server.url);
      await until("a connection to Redis", () =>
        store.settle("first", bucket, { owed: 0, owedForMs: 0, cost: 1 }).catch(() => null),
      );
      const pass = async (key: string, seconds: number) => {
        const name = `billing:rate-limit:${key}`;
        await redis.set(name, Number(await redis.get(name)) - seconds * 1_000, "KEEPTTL");
      };
      await use({ store, pass });
      store.close();
      redis.disconnect();
      await server.stop();
    },
    { scope: "file" },
  ],
});

/** Hardly restored while the tests run. */
const bucket: Bucket = { capacity: 1_000, perSecond: 0.001, credit: 100 };
const secondsPerPoint = 1_000;

/** The limiter of a process, and how often it settled. */
function processOn(store: BucketStore) {
  const now = () => performance.now();
  let settlements = 0;
  const counted: BucketStore = {
    settle: (...of) => {
      settlements += 1;
      return store.settle(...of);
    },
  };
  const limiter = makeRateLimiter({ shared: shareBuckets(counted, makeLogger("silent"), now), now });
  return {
    settlements: () => settlements,
    spend: async (key: string, cost: number, of = bucket) => (await limiter.spend(key, of, cost)).isGranted,
  };
}

/** Has every process ask until each is refused; gives the points that came of it. */
async function drain(processes: readonly ReturnType<typeof processOn>[], key: string, cost: number, of = bucket) {
  const spent = await Promise.all(
    processes.map(async ({ spend }) => {
      let points = 0;
      while (await spend(key, cost, of)) points += cost;
      return points;
    }),
  );
  return spent.reduce((sum, points) => sum + points, 0);
}

describe.for([
  ["Postgres", withPostgres, true],
  ["Redis, where redis-server is on the PATH", withRedis, hasRedis],
] as const)("through %s", ([, test, isThere]) => {
  const settle = ({ store }: Shared, key: string, cost: number, owed = 0, owedForMs = 0, of = bucket) =>
    store.settle(key, of, { owed, owedForMs, cost });
  const pointsLeft = (ms: number) => Math.round(1_000 - ms / 1_000 / secondsPerPoint);

  describe.skipIf(!isThere)("", () => {
    test("what is owed is charged, and the cost when there is as much", async ({ shared }) => {
      const first = await settle(shared, "a", 300);
      expect([first.isGranted, pointsLeft(first.msUntilFull)]).toEqual([true, 700]);
      const second = await settle(shared, "a", 500, 100);
      expect([second.isGranted, pointsLeft(second.msUntilFull)]).toEqual([true, 100]);
      const third = await settle(shared, "a", 60, 50);
      expect([third.isGranted, pointsLeft(third.msUntilFull)]).toEqual([false, 50]);
      const fourth = await settle(shared, "a", 50);
      expect([fourth.isGranted, pointsLeft(fourth.msUntilFull)]).toEqual([true, 0]);
      // What processes gave on credit is charged even when nothing is left: it is worked off.
      const fifth = await settle(shared, "a", 1, 80);
      expect([fifth.isGranted, pointsLeft(fifth.msUntilFull)]).toEqual([false, -80]);
    });

    test("time restores a bucket until it is full", async ({ shared }) => {
      await settle(shared, "b", 1_000);
      await shared.pass("b", 250 * secondsPerPoint);
      const later = await settle(shared, "b", 50);
      expect([later.isGranted, pointsLeft(later.msUntilFull)]).toEqual([true, 200]);
      await shared.pass("b", 5_000 * secondsPerPoint);
      const muchLater = await settle(shared, "b", 1);
      expect([muchLater.isGranted, pointsLeft(muchLater.msUntilFull)]).toEqual([true, 999]);
    });

    test("what was given on credit a while ago has been restored since, but never twice", async ({ shared }) => {
      const longAgo = 40 * secondsPerPoint * 1_000;
      const first = await settle(shared, "c", 0, 100, longAgo);
      expect(pointsLeft(first.msUntilFull)).toBe(940);
      const other = await settle(shared, "c", 0, 100, longAgo);
      expect(pointsLeft(other.msUntilFull)).toBe(840);
      const all = await settle(shared, "d", 0, 30, longAgo);
      expect(pointsLeft(all.msUntilFull)).toBeGreaterThanOrEqual(1_000);
    });

    test("several processes give a bucket once, and at most a credit each beyond it", async ({ shared }) => {
      for (const [count, cost] of [
        [1, 7],
        [2, 7],
        [4, 1],
        [4, 60],
        [4, 150],
      ] as const) {
        const processes = Array.from({ length: count }, () => processOn(shared.store));
        const spent = await drain(processes, `e ${count} ${cost}`, cost);
        expect(spent).toBeGreaterThan(1_000 - cost);
        expect(spent).toBeLessThanOrEqual(1_000 + (count - 1) * 100);
      }
    });

    test("a process that starts again, or has forgotten, adds no more than its credit", async ({ shared }) => {
      await drain([processOn(shared.store)], "f", 10);
      expect(await drain([processOn(shared.store)], "f", 10)).toBeLessThanOrEqual(100);
    });

    test("without credit every process together are exact", async ({ shared }) => {
      const exact = { ...bucket, credit: 0 };
      const processes = Array.from({ length: 4 }, () => processOn(shared.store));
      expect(await drain(processes, "g", 10, exact)).toBe(1_000);
    });

    test("who asks little never makes a process settle", async ({ shared }) => {
      const { spend, settlements } = processOn(shared.store);
      for (let times = 0; times < 10; times += 1) expect(await spend("h", 10)).toBe(true);
      expect(settlements()).toBe(0);
      await spend("h", 10);
      expect(settlements()).toBe(1);
    });

    test("who asks much at once settles once for many, and a refused caller not at all", async ({ shared }) => {
      const { spend, settlements } = processOn(shared.store);
      const granted = await Promise.all(Array.from({ length: 2_000 }, () => spend("i", 1)));
      expect(granted.filter(Boolean)).toHaveLength(1_000);
      const busy = settlements();
      expect(busy).toBeLessThanOrEqual(11);
      await Promise.all(Array.from({ length: 100 }, () => spend("i", 1)));
      expect(settlements()).toBe(busy);
    });
  });
});

base("a store that is away is asked once a second, and told of once", async () => {
  const away = redisBuckets(`redis://127.0.0.1:${await freePort()}`);
  let [at, asked] = [0, 0];
  const counted: BucketStore = {
    settle: (...of) => {
      asked += 1;
      return away.settle(...of);
    },
  };
  const lines: string[] = [];
  const log = makeLogger("info", { write: (line) => void lines.push(line) });
  const { settle } = shareBuckets(counted, log, () => at);
  for (const [moment, times] of [
    [0, 1],
    [1, 1],
    [999, 1],
    [1_000, 2],
    [1_999, 2],
    [3_000, 3],
  ] as const) {
    at = moment;
    expect(await settle("ada", bucket, { owed: 1, owedForMs: 1, cost: 1 })).toBeNull();
    expect(asked).toBe(times);
  }
  expect(lines).toHaveLength(1);
  away.close();
});
