import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { insertVersion } from "../src/billing/catalog/catalog.repository.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import type { UsageEvent } from "../src/billing/usage/usage.js";
import { recordEvents, reserve } from "../src/billing/usage/usage.repository.js";
import { userIdOf } from "../src/billing/users/user.js";
import { type Connection, connect } from "../src/db/client.js";
import { type LiveUpdates, listen } from "../src/live/listen.js";
import { cloneDatabase, type TestDatabase } from "./support/database.js";
import { expectExactCounters } from "./support/exact.js";

/** Calls that happen to go to the database together, or to find what another one left behind, disturb nobody. */

let database: TestDatabase;
let connection: Connection;
let live: LiveUpdates;
beforeAll(async () => {
  database = await cloneDatabase();
  connection = connect(database.url, { max: 1, applicationName: "tests" });
  live = await listen(database.url);
  const definition = await readCatalogFile("catalog.yaml");
  await insertVersion(connection.db, { hash: "h", definition, portalConfigurationId: null, pushedAt: new Date() });
});
afterEach(() => expectExactCounters(connection));
afterAll(async () => {
  await live.close();
  await connection.close();
  await database.drop();
});

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const now = new Date("2026-06-15T12:00:00Z");
const after = (ms: number) => new Date(now.getTime() + ms);
const judged = (at = now) => ({ now: at, gracePeriodDays: 7 });

/** A minute of streaming by a customer of the free tier, which has 60 of them. */
function minute(externalId: string, more: Partial<UsageEvent> = {}): UsageEvent {
  const event = { featureKey: "streaming_minutes", quantity: 1, occurredAt: null, key: randomUUID() };
  return { userId: userIdOf(externalId), externalId, isAdmin: false, ...event, ...more };
}

function setAside(externalId: string, quantity: number, expiresAt: Date, at = now) {
  const { userId, featureKey, key } = minute(externalId);
  const wanted = { id: randomUUID(), userId, externalId, isAdmin: false, featureKey, quantity, expiresAt, key };
  return reserve(connection.db, wanted, judged(at));
}

async function outcomes(events: readonly UsageEvent[], at = now) {
  return (await recordEvents(connection.db, events, judged(at))).map(({ outcome }) => outcome);
}

/** How often it was told that somebody's entitlements changed, by what `work` did. */
async function timesTold(externalId: string, work: () => Promise<unknown>): Promise<number> {
  const about = live.changes("entitlements", userIdOf(externalId));
  await work();
  // What is announced is heard in order: after the last of it comes this.
  const last = JSON.stringify({ kind: "entitlements", subject: userIdOf(externalId), facts: { features: [] } });
  await connection.db.execute(sql`select pg_notify('billing_live', ${last})`);
  for (let times = 0; ; times += 1) {
    const { value } = await about.next();
    if (value?.facts["features"]?.toString() === "") return times;
  }
}

describe("in one statement", () => {
  test("that somebody's limit is used up is told, whatever the next customer's event came to", async () => {
    const [first, second] = ["ada", "bob"].toSorted((a, b) => userIdOf(a).localeCompare(userIdOf(b)));
    if (!first || !second) throw new Error("Two people were to be sorted.");
    await outcomes([minute(second)], after(-dayMs));
    const told = timesTold(first, () =>
      outcomes([minute(first, { quantity: 60 }), minute(second, { featureKey: "nothing" })]),
    );
    expect(await told).toBe(1);
  });

  test.each([
    [true, false, ["COUNTED", "LIMIT_REACHED"]],
    [false, true, ["COUNTED", "COUNTED"]],
  ])("each event is judged by who reports it: staff first %s, then %s", async (first, second, expected) => {
    const boss = `boss-${first}`;
    expect(
      await outcomes([minute(boss, { isAdmin: first }), minute(boss, { isAdmin: second, quantity: 100 })]),
    ).toEqual(expected);
  });
});

test("a reservation that is refused tells of the room that another one left when it ran out", async () => {
  expect(await timesTold("cleo", () => setAside("cleo", 60, after(minuteMs)))).toBe(1);
  const refused = await timesTold("cleo", async () => {
    const { outcome } = await setAside("cleo", 61, after(9 * minuteMs), after(2 * minuteMs));
    expect(outcome).toBe("LIMIT_REACHED");
  });
  expect(refused).toBe(1);
});

test.each(["UTC", "Europe/Berlin", "America/New_York"])(
  "35 days are 35 times 24 hours, also over a change of the clocks in a database that keeps the time of %s",
  async (zone) => {
    const spring = new Date("2026-04-10T12:00:00Z");
    const daysBefore = (days: number, more: number) => new Date(spring.getTime() - days * dayMs + more);
    await connection.db.execute(sql.raw(`set timezone = '${zone}'`));
    const sent = [minuteMs, -minuteMs].map((more) => minute(zone, { occurredAt: daysBefore(35, more) }));
    expect(await outcomes(sent, spring)).toEqual(["COUNTED", "TOO_OLD"]);
    await connection.db.execute(sql`reset timezone`);
  },
);

test("calls at once are all answered in a database whose own isolation is stricter", async () => {
  const name = new URL(database.url).pathname.slice(1);
  const isolation = (level: string) =>
    connection.db.execute(sql.raw(`alter database ${name} set default_transaction_isolation = '${level}'`));
  await isolation("repeatable read");
  const strict = connect(database.url, { max: 8, applicationName: "tests" });
  const calls = Array.from({ length: 64 }, () => recordEvents(strict.db, [minute("dan")], judged()));
  const counted = (await Promise.all(calls)).flat().filter(({ outcome }) => outcome === "COUNTED");
  expect(counted).toHaveLength(60);
  await strict.close();
  await isolation("read committed");
});
