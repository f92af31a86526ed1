import { test as base, expect } from "vitest";
import { LockBusy, type Locks, openLocks } from "../src/db/locks.js";
import { cloneDatabase, endConnections } from "./support/database.js";
import { until } from "./support/until.js";

/** Two processes' worth of locks on one database. */
const test = base.extend<{ url: string; one: Locks; other: Locks }>({
  url: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const database = await cloneDatabase();
      await use(database.url);
      await database.drop();
    },
    { scope: "file" },
  ],
  one: async ({ url }, use) => closing(openLocks(url, 2), use),
  other: async ({ url }, use) => closing(openLocks(url, 2), use),
});

async function closing(locks: Locks, use: (locks: Locks) => Promise<void>): Promise<void> {
  await use(locks);
  await locks.close();
}

const longWait = 10_000;

test("work under one key runs one at a time, in this process and in others", async ({ one, other }) => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  const all = [one, other, one, other, one, other, one, other].map((locks) => locks.hold("ada", longWait, work));
  await Promise.all(all);
  expect(most).toBe(1);
});

test("whoever waits too long is told so, and the work is not run", async ({ one, other }) => {
  const held = await hold(one, "ada");
  const ran: string[] = [];
  const work = async () => void ran.push("ran");
  await expect(one.hold("ada", 50, work)).rejects.toBeInstanceOf(LockBusy);
  await expect(other.hold("ada", 50, work)).rejects.toBeInstanceOf(LockBusy);
  held.release();
  await held.done;
  expect(ran).toEqual([]);
  await other.hold("ada", longWait, work);
  expect(ran).toEqual(["ran"]);
});

test("whoever waits gets the lock as soon as it is free", async ({ one, other }) => {
  const held = await hold(one, "ada");
  const order: string[] = [];
  const here = one.hold("ada", longWait, async () => void order.push("here"));
  const there = other.hold("ada", longWait, async () => void order.push("there"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(order).toEqual([]);
  held.release();
  await Promise.all([here, there]);
  expect(order.sort()).toEqual(["here", "there"]);
});

test("locks of different names do not wait for each other", async ({ one }) => {
  const held = await hold(one, "ada");
  expect(await one.hold("bob", longWait, async () => "done")).toBe("done");
  held.release();
  await held.done;
});

test("many callers finish on a pool of two, and one customer's queue does not fill it", async ({ one }) => {
  const held = await hold(one, "ada");
  const queued = Array.from({ length: 32 }, () => one.hold("ada", longWait, async () => "ada"));
  const others = await Promise.all(
    Array.from({ length: 64 }, (_, index) => one.hold(`customer-${index}`, longWait, async () => index)),
  );
  expect(others).toEqual(Array.from({ length: 64 }, (_, index) => index));
  held.release();
  expect(new Set(await Promise.all(queued))).toEqual(new Set(["ada"]));
});

test("a full pool refuses in time, and works again after", async ({ one }) => {
  const held = [await hold(one, "ada"), await hold(one, "bob")];
  await expect(one.hold("eve", 50, async () => {})).rejects.toBeInstanceOf(LockBusy);
  for (const { release } of held) release();
  await Promise.all(held.map(({ done }) => done));
  expect(await one.hold("eve", longWait, async () => "done")).toBe("done");
});

test("work that fails gives the lock back, and its own error comes out", async ({ one, other }) => {
  const failure = new Error("The card was declined.");
  await expect(
    one.hold("ada", longWait, async () => {
      throw failure;
    }),
  ).rejects.toBe(failure);
  expect(await other.hold("ada", longWait, async () => "done")).toBe("done");
});

test("a lock that ends with its connection keeps this process out until its work is done, and gives the work's answer", async ({
  url,
  one,
  other,
}) => {
  const held = await hold(one, "ada");
  const next = one.hold("ada", longWait, async () => "next");
  await endConnections(url, "billing-locks");
  expect(await until("the lock to be free", () => other.hold("ada", 1_000, async () => "done").catch(() => null))).toBe(
    "done",
  );
  expect(await Promise.race([next, "still waiting"])).toBe("still waiting");
  held.release();
  expect(await held.done).toBe("held");
  expect(await next).toBe("next");
});

/** Takes a lock and keeps it until told to let go. */
async function hold(locks: Locks, key: string): Promise<{ release(): void; done: Promise<string> }> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const done = locks.hold(key, longWait, async () => {
    begin();
    await released;
    return "held";
  });
  await Promise.race([begun, done]);
  return { release, done };
}
