import { array, assert, asyncProperty, integer, oneof, record } from "fast-check";
import { expect, test } from "vitest";
import type { Bucket } from "../src/rate-limits/bucket.js";
import { makeRateLimiter, type RateLimiter, type Verdict } from "../src/rate-limits/limiter.js";

const bucket: Bucket = { capacity: 500, perSecond: 25, credit: 50 };

/** A process on its own, with a clock that the test moves. */
function alone() {
  let at = 0;
  const limiter = makeRateLimiter({ shared: { settle: async () => null }, now: () => at });
  const pass = (ms: number) => {
    at += ms;
  };
  return { limiter, pass };
}

function spend(limiter: RateLimiter, cost: number, key = "ada", of = bucket): Promise<Verdict> {
  return Promise.resolve(limiter.spend(key, of, cost));
}

test("a bucket is full at first, and gives what it holds and no more", async () => {
  const { limiter } = alone();
  expect(await spend(limiter, 200)).toMatchObject({ isGranted: true, remaining: 300, msUntilFull: 8_000 });
  expect(await spend(limiter, 300)).toMatchObject({ isGranted: true, remaining: 0, msUntilFull: 20_000 });
  expect(await spend(limiter, 1)).toMatchObject({
    isGranted: false,
    remaining: 0,
    retryAfterMs: expect.closeTo(40, 0),
  });
});

test("a refusal takes nothing, and what is asked for is there when it said", async () => {
  const { limiter, pass } = alone();
  await spend(limiter, 450);
  const { isGranted, remaining, retryAfterMs } = await spend(limiter, 100);
  expect({ isGranted, remaining }).toEqual({ isGranted: false, remaining: 50 });
  expect(await spend(limiter, 100)).toMatchObject({ isGranted: false, remaining: 50 });
  pass(retryAfterMs - 1);
  expect(await spend(limiter, 100)).toMatchObject({ isGranted: false });
  pass(1);
  expect(await spend(limiter, 100)).toMatchObject({ isGranted: true, remaining: 0 });
});

test("a bucket is restored point by point, and never holds more than it can", async () => {
  const { limiter, pass } = alone();
  await spend(limiter, 500);
  pass(4_000);
  expect(await spend(limiter, 0)).toMatchObject({ remaining: 100 });
  pass(3_600_000);
  expect(await spend(limiter, 0)).toMatchObject({ remaining: 500, msUntilFull: 0 });
});

test("each caller has a bucket of their own", async () => {
  const { limiter } = alone();
  await spend(limiter, 500);
  expect(await spend(limiter, 1)).toMatchObject({ isGranted: false });
  expect(await spend(limiter, 1, "eve")).toMatchObject({ isGranted: true, remaining: 499 });
});

test("a refusal is news once a minute for each caller", async () => {
  const { limiter, pass } = alone();
  await spend(limiter, 500);
  expect((await spend(limiter, 500)).isNews).toBe(true);
  expect((await spend(limiter, 500)).isNews).toBe(false);
  pass(59_999);
  await spend(limiter, 500);
  expect((await spend(limiter, 500)).isNews).toBe(false);
  pass(1);
  expect((await spend(limiter, 500)).isNews).toBe(true);
});

test("whatever is asked for when, a bucket gives as the textbook's does", async () => {
  const ms = oneof(integer({ min: 0, max: 100 }), integer({ min: 0, max: 30_000 }));
  const steps = array(record({ ms, cost: integer({ min: 1, max: 600 }) }), { maxLength: 40 });
  await assert(
    asyncProperty(steps, async (asked) => {
      const { limiter, pass } = alone();
      let points = bucket.capacity;
      for (const { ms, cost } of asked) {
        pass(ms);
        points = Math.min(bucket.capacity, points + (ms * bucket.perSecond) / 1_000);
        const isGranted = points + 0.001 >= cost;
        if (isGranted) points -= cost;
        expect(await spend(limiter, cost)).toMatchObject({ isGranted, remaining: Math.floor(points + 0.001) });
      }
    }),
  );
});
