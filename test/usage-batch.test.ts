import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { insertVersion } from "../src/billing/catalog/catalog.repository.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import type { JudgedEvent, UsageEvent } from "../src/billing/usage/usage.js";
import { recordEvents, reserve } from "../src/billing/usage/usage.repository.js";
import { userIdOf } from "../src/billing/users/user.js";
import { type Connection, connect } from "../src/db/client.js";
import { cloneDatabase, type TestDatabase } from "./support/database.js";
import { expectExactCounters } from "./support/exact.js";

/** Calls share statements, so what comes of an event must not depend on which others are judged with it. */

let database: TestDatabase;
let connection: Connection;
beforeAll(async () => {
  database = await cloneDatabase();
  connection = connect(database.url, { max: 4, applicationName: "tests" });
  const definition = await readCatalogFile("catalog.yaml");
  await insertVersion(connection.db, { hash: "h", definition, portalConfigurationId: null, pushedAt: new Date() });
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

const start = Date.parse("2026-06-15T12:00:00Z");
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const gracePeriodDays = 7;
const payers = 3;

const anEvent = fc.record({
  who: fc.nat({ max: payers - 1 }),
  isAdmin: fc.boolean(),
  feature: fc.constantFrom("streaming_minutes", "guests", "scenes_basic", "nothing", "recording_minutes"),
  quantity: fc.oneof(fc.integer({ min: -2, max: 3 }), fc.integer({ min: 5, max: 40 })),
  ago: fc.option(fc.constantFrom(-4_000, 0, 10_000, 30 * minute, 2 * hour, 26 * hour, 10 * day, 34 * day, 36 * day)),
  key: fc.nat({ max: 8 }),
});
const bought = fc.constantFrom(
  { startedAt: "2026-06-10T00:00:00Z", anchor: "2026-06-10T00:00:00Z" },
  { startedAt: "2026-05-14T12:00:00Z", anchor: "2026-05-14T12:00:00Z" },
  { startedAt: "2026-06-15T11:00:00Z", anchor: "2026-07-01T00:00:00Z" },
);
const aLife = fc.record({
  subscriptions: fc.array(fc.option(bought), { minLength: payers, maxLength: payers }),
  reservations: fc.array(
    fc.record({
      who: fc.nat({ max: payers - 1 }),
      featureKey: fc.constantFrom("streaming_minutes", "guests"),
      quantity: fc.integer({ min: 1, max: 30 }),
      minutes: fc.constantFrom(1, 60),
    }),
    { maxLength: 4 },
  ),
  calls: fc.array(fc.array(anEvent, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 }),
});
type Life = typeof aLife extends fc.Arbitrary<infer T> ? T : never;

let lives = 0;

test("a batch is judged as its events are one by one", async () => {
  await fc.assert(
    fc.asyncProperty(aLife, async (life) => {
      lives += 1;
      const together = await live(life, `together-${lives}`, (events, at) => recordEvents(connection.db, events, at));
      const apart = await live(life, `apart-${lives}`, async (events, at) => {
        const judged: JudgedEvent[] = [];
        for (const event of events) judged.push(...(await recordEvents(connection.db, [event], at)));
        return judged;
      });
      expect(together).toEqual(apart);
      await expectExactCounters(connection);
    }),
    { numRuns: 60 },
  );
});

type Judge = (events: readonly UsageEvent[], at: { now: Date; gracePeriodDays: number }) => Promise<JudgedEvent[]>;

/** What came of every event of a life, and what the counters were in the end. */
async function live({ subscriptions, reservations, calls }: Life, world: string, judge: Judge): Promise<unknown[]> {
  // Statements go through payers by their IDs: in both worlds the same one comes first.
  const names = Array.from({ length: payers }, (_, n) => `${world}-${n}`).toSorted((a, b) =>
    userIdOf(a) < userIdOf(b) ? -1 : 1,
  );
  const nameOf = (who: number) => names[who] ?? "nobody";
  for (const [who, subscription] of subscriptions.entries()) {
    if (subscription) await subscribe(nameOf(who), subscription);
  }
  for (const { who, minutes, ...wanted } of reservations) {
    const externalId = nameOf(who);
    const made = { id: randomUUID(), userId: userIdOf(externalId), externalId, isAdmin: false, key: randomUUID() };
    const before = start - 10 * minute;
    const expiresAt = new Date(before + minutes * minute);
    await reserve(connection.db, { ...made, ...wanted, expiresAt }, { now: new Date(before), gracePeriodDays });
  }
  const seen: unknown[] = [];
  for (const [round, call] of calls.entries()) {
    const now = start + round * 61 * minute;
    const events = call
      .toSorted((a, b) => a.who - b.who)
      .map(({ who, feature: featureKey, ago, key, ...event }): UsageEvent => {
        const occurredAt = ago === null ? null : new Date(now - ago);
        return {
          ...event,
          featureKey,
          externalId: nameOf(who),
          userId: userIdOf(nameOf(who)),
          occurredAt,
          key: `${key}`,
        };
      });
    seen.push(...(await judge(events, { now: new Date(now), gracePeriodDays })));
  }
  for (const name of names) {
    const counters = await connection.db.execute(sql`select feature_key, period_start, period_end, used, reserved
      from usage_tracking where user_id = ${userIdOf(name)} and (used <> 0 or reserved <> 0) order by 1, 2`);
    seen.push([...counters]);
  }
  return seen;
}

async function subscribe(name: string, { startedAt, anchor }: { startedAt: string; anchor: string }): Promise<void> {
  const id = userIdOf(name);
  await connection.db.execute(sql`insert into users (id, external_id, created_at, recorded_at, updated_at)
    values (${id}, ${name}, ${startedAt}, ${startedAt}, ${startedAt})`);
  await connection.db.execute(sql`insert into subscriptions (id, user_id, stripe_subscription_id, status, tier_slug, quantity,
      started_at, usage_anchor, usage_unit, current_period_start, recorded_at, updated_at)
    values (gen_random_uuid(), ${id}, ${name}, 'ACTIVE', 'starter', 1, ${startedAt}, ${anchor}, 'month', ${startedAt},
      ${startedAt}, ${startedAt})`);
}
