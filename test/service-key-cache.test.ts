import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { expect, test } from "vitest";
import { cacheKeys } from "../src/billing/service-keys/service-key.cache.js";
import type { ServiceKeyRow } from "../src/billing/service-keys/service-key.table.js";
import { gatherUses } from "../src/billing/service-keys/service-key.use.js";

const silent = pino({ enabled: false });

function rowOf(hash: string): ServiceKeyRow {
  const unused = { lastUsedAt: null, expiresAt: null, revokedAt: null };
  return {
    id: randomUUID(),
    name: hash,
    scopes: ["CUSTOMERS_READ"],
    prefix: "absk_",
    hash,
    createdAt: new Date(0),
    createdBy: "root",
    ...unused,
  };
}

/** A cache on a table that can be changed, behind a wire that can be cut or slow, with a clock that can be moved. */
function scene(...hashes: string[]) {
  const table = new Map(hashes.map((hash) => [hash, rowOf(hash)]));
  const reads: (readonly string[])[] = [];
  const clock = { ms: 1_000_000 };
  const wire = { isCut: false, answers: Promise.resolve() };
  const cache = cacheKeys(
    async (asked) => {
      reads.push(asked);
      if (wire.isCut) throw Object.assign(new Error("gone"), { code: "ECONNREFUSED" });
      const rows = asked.flatMap((hash) => table.get(hash) ?? []);
      await wire.answers;
      return rows;
    },
    () => clock.ms,
  );
  return { cache, table, reads, clock, wire };
}

/** Lets what is read next wait until it is told to go on. */
function hold(wire: { answers: Promise<void> }): () => void {
  let letGo = () => {};
  wire.answers = new Promise((resolve) => {
    letGo = resolve;
  });
  return letGo;
}

test("a key in use is read again after 4 seconds, behind who uses it", async () => {
  const { cache, table, reads, clock } = scene("a");
  expect((await cache.find("a"))?.name).toBe("a");
  table.delete("a");
  clock.ms += 3_999;
  expect((await cache.find("a"))?.name).toBe("a");
  expect(reads).toHaveLength(1);
  clock.ms += 1;
  expect((await cache.find("a"))?.name).toBe("a");
  expect(reads).toHaveLength(2);
  await until(async () => (await cache.find("a")) === undefined);
  expect(reads).toHaveLength(2);
});

test("what was read 10 seconds ago is never used, however long nobody asked", async () => {
  const { cache, table, clock } = scene("a");
  await cache.find("a");
  table.delete("a");
  clock.ms += 10_000;
  expect(await cache.find("a")).toBeUndefined();
});

test("a clock that was set back makes nothing younger than it is", async () => {
  const { cache, reads, clock } = scene("a");
  await cache.find("a");
  clock.ms -= 1;
  await cache.find("a");
  expect(reads).toHaveLength(2);
});

test("while Postgres is away a key that was read within 10 seconds still opens, and none that was not", async () => {
  const { cache, clock, wire } = scene("a");
  await cache.find("a");
  wire.isCut = true;
  clock.ms += 9_999;
  expect((await cache.find("a"))?.name).toBe("a");
  await expect(cache.find("b")).rejects.toThrow("gone");
  clock.ms += 1;
  await expect(cache.find("a")).rejects.toThrow("gone");
});

test("who uses a key does not wait while Postgres is slow, but only when what is known is too old", async () => {
  const { cache, clock, wire } = scene("a");
  await cache.find("a");
  const letGo = hold(wire);
  clock.ms += 9_999;
  expect((await cache.find("a"))?.name).toBe("a");
  clock.ms += 1;
  const waiting = cache.find("a");
  letGo();
  expect((await waiting)?.name).toBe("a");
});

test("that a key is unknown is remembered too", async () => {
  const { cache, reads } = scene();
  for (let times = 0; times < 10; times += 1) expect(await cache.find("guess")).toBeUndefined();
  expect(reads).toEqual([["guess"]]);
});

test("64 that ask for one key at once share one read", async () => {
  const { cache, reads, wire } = scene("a");
  const letGo = hold(wire);
  const asked = Array.from({ length: 64 }, () => cache.find("a"));
  letGo();
  expect(new Set((await Promise.all(asked)).map((key) => key?.name))).toEqual(new Set(["a"]));
  expect(reads).toEqual([["a"]]);
});

test("while one statement is under way all that come wait for the next, however many keys they guess", async () => {
  const { cache, reads, wire } = scene("a");
  const letGo = hold(wire);
  const first = cache.find("a");
  await until(() => reads.length === 1);
  const guesses: Promise<unknown>[] = [];
  for (let n = 0; n < 100; n += 1) {
    guesses.push(cache.find(`guess-${n}`));
    await new Promise((resolve) => setImmediate(resolve));
  }
  letGo();
  await Promise.all([first, ...guesses]);
  expect(reads.map((asked) => asked.length)).toEqual([1, 100]);
});

test("guesses are forgotten in the end, and never push out a key that exists", async () => {
  const { cache, reads } = scene("a");
  await cache.find("a");
  await cache.find("guess-0");
  for (let n = 1; n <= 1_000; n += 1) await cache.find(`guess-${n}`);
  const before = reads.length;
  await cache.find("a");
  expect(reads).toHaveLength(before);
  await cache.find("guess-0");
  expect(reads.at(-1)).toEqual(["guess-0"]);
});

test("what was being read when keys were forgotten is not remembered", async () => {
  const { cache, table, reads, wire } = scene("a");
  const letGo = hold(wire);
  const early = cache.find("a");
  await until(() => reads.length === 1);
  table.delete("a");
  cache.forget();
  const late = cache.find("a");
  letGo();
  expect((await early)?.name).toBe("a");
  expect(await late).toBeUndefined();
  expect(await cache.find("a")).toBeUndefined();
});

test("what keys were forgotten for is not overlooked because Postgres went away then", async () => {
  const { cache, wire } = scene("a");
  await cache.find("a");
  cache.forget();
  wire.isCut = true;
  await expect(cache.find("a")).rejects.toThrow("gone");
});

test("uses are written in one statement for all keys, and once a minute for each", async () => {
  const clock = { ms: 1_000_000 };
  const written: Record<string, number>[] = [];
  const uses = gatherUses(
    async (used) => void written.push(Object.fromEntries([...used].map(([id, at]) => [id, at.getTime()]))),
    () => clock.ms,
    silent,
  );
  for (let times = 0; times < 100; times += 1) uses.note("a");
  clock.ms += 500;
  uses.note("b");
  await uses.flush();
  expect(written).toEqual([{ a: 1_000_000, b: 1_000_500 }]);

  clock.ms += 59_499;
  uses.note("a");
  await uses.flush();
  expect(written).toHaveLength(1);
  clock.ms += 1;
  uses.note("a");
  uses.note("b");
  await uses.flush();
  expect(written.slice(1)).toEqual([{ a: 1_060_000 }]);
});

test("a use that cannot be written fails nobody, and is tried again a minute later", async () => {
  const clock = { ms: 1_000_000 };
  let tries = 0;
  const uses = gatherUses(
    async () => {
      tries += 1;
      throw new Error("gone");
    },
    () => clock.ms,
    silent,
  );
  uses.note("a");
  await uses.flush();
  uses.note("a");
  await uses.flush();
  expect(tries).toBe(1);
  clock.ms += 60_000;
  uses.note("a");
  await uses.flush();
  expect(tries).toBe(2);
});

/** Waits for what comes about by itself in a few turns of the event loop. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}
