import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findStandings } from "../src/billing/allowances/standing.repository.js";
import { insertVersion } from "../src/billing/catalog/catalog.repository.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { recordEvents, reserve, settle } from "../src/billing/usage/usage.repository.js";
import { deleteKeys, expireReservations } from "../src/billing/usage/usage-upkeep.repository.js";
import { userIdOf } from "../src/billing/users/user.js";
import { type Connection, connect } from "../src/db/client.js";
import { cloneDatabase, type TestDatabase } from "./support/database.js";
import { expectExactCounters } from "./support/exact.js";

/** Random lives of one customer, against a model of a few lines: what may be used, is held and is left at every moment. */

let database: TestDatabase;
let connection: Connection;
beforeAll(async () => {
  database = await cloneDatabase();
  connection = connect(database.url, { max: 8, applicationName: "tests" });
  const definition = await readCatalogFile("catalog.yaml");
  await insertVersion(connection.db, { hash: "h", definition, portalConfigurationId: null, pushedAt: new Date() });
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

const runs = Number(process.env["USAGE_PROPERTY_RUNS"] ?? 40);
const gracePeriodDays = 7;
const start = Date.parse("2026-02-10T09:00:00Z");
const limits: Readonly<Record<string, Record<string, number>>> = {
  free: { streaming_minutes: 60, guests: 1 },
  starter: { streaming_minutes: 600, guests: 3 },
  professional: { streaming_minutes: 3_000, guests: 6 },
};

type Feature = "streaming_minutes" | "guests";
type Step =
  | { readonly kind: "record"; readonly feature: Feature; readonly quantity: number; readonly copies: number }
  | { readonly kind: "again" }
  | { readonly kind: "reserve"; readonly feature: Feature; readonly quantity: number; readonly minutes: number }
  | { readonly kind: "settle"; readonly part: number; readonly copies: number }
  | { readonly kind: "wait"; readonly minutes: number }
  | { readonly kind: "tier"; readonly slug: keyof typeof limits }
  | { readonly kind: "sweep" };

const feature = fc.constantFrom<Feature>("streaming_minutes", "guests");
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("record" as const),
        feature,
        quantity: fc.oneof(fc.integer({ min: -3, max: 5 }), fc.integer({ min: 10, max: 60 })),
        copies: fc.integer({ min: 1, max: 4 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "again" as const }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("reserve" as const),
        feature,
        quantity: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 10, max: 60 })),
        minutes: fc.integer({ min: 20, max: 1_440 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("settle" as const),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
        copies: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("wait" as const),
        minutes: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1_000, max: 20_000 })),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("tier" as const),
        slug: fc.constantFrom("free", "starter", "professional"),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "sweep" as const }) },
  ),
  { minLength: 5, maxLength: 40 },
);

interface Held {
  readonly id: string;
  readonly feature: Feature;
  readonly quantity: number;
  readonly expiresAt: number;
  readonly period: number;
  settled: number | null;
}

/** The customer's subscription begins at the first step, so that periods are the months after `start`. */
class Model {
  now = start;
  tier: keyof typeof limits = "free";
  readonly used = new Map<string, number>();
  readonly reservations: Held[] = [];

  period(of: Feature): number {
    if (of === "guests") return 0;
    const [first, present] = [new Date(start), new Date(this.now)];
    const months =
      (present.getUTCFullYear() - first.getUTCFullYear()) * 12 + present.getUTCMonth() - first.getUTCMonth();
    return Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + months, 10, 9) > this.now ? months - 1 : months;
  }
  usedOf(of: Feature, period = this.period(of)): number {
    return this.used.get(`${of} ${period}`) ?? 0;
  }
  reservedOf(of: Feature): number {
    const open = this.reservations.filter(
      (each) =>
        each.feature === of && each.period === this.period(of) && each.settled === null && each.expiresAt > this.now,
    );
    return open.reduce((sum, { quantity }) => sum + quantity, 0);
  }
  limit(of: Feature): number {
    return limits[this.tier]?.[of] ?? 0;
  }
  add(of: Feature, period: number, quantity: number): void {
    this.used.set(`${of} ${period}`, this.usedOf(of, period) + quantity);
  }
  mayUse(of: Feature, quantity: number): boolean {
    return this.usedOf(of) + this.reservedOf(of) + quantity <= this.limit(of);
  }
}

let people = 0;

test(`whatever a customer does, at once or in turn, the counter is the sum of the events and the limit holds (${runs} lives)`, async () => {
  await fc.assert(fc.asyncProperty(steps, live), { numRuns: runs });
});

async function live(life: readonly Step[]): Promise<void> {
  const { db } = connection;
  const externalId = `life-${++people}`;
  const userId = userIdOf(externalId);
  const model = new Model();
  const judged = () => ({ now: new Date(model.now), gracePeriodDays });
  const at = (ms: number) => new Date(ms).toISOString();
  await db.execute(sql`insert into users (id, external_id, created_at, recorded_at, updated_at)
    values (${userId}, ${externalId}, ${at(start)}, ${at(start)}, ${at(start)})`);
  await db.execute(sql`insert into subscriptions (id, user_id, stripe_subscription_id, status, tier_slug, quantity, started_at, usage_anchor,
      recorded_at, updated_at) values (gen_random_uuid(), ${userId}, ${externalId}, 'ACTIVE', 'free', 1, ${at(start)}, ${at(start)}, ${at(start)}, ${at(start)})`);
  let last: { key: string; feature: Feature; quantity: number; wasCounted: boolean } | undefined;

  const send = (key: string, featureKey: Feature, quantity: number) =>
    recordEvents(db, [{ userId, externalId, isAdmin: false, featureKey, quantity, occurredAt: null, key }], judged());

  for (const step of life) {
    if (step.kind === "record") {
      const key = randomUUID();
      const sent = await Promise.all(Array.from({ length: step.copies }, () => send(key, step.feature, step.quantity)));
      const outcomes = sent.flat().map(({ outcome }) => outcome);
      const wasCounted = couldBeCounted(model, step);
      if (wasCounted) model.add(step.feature, model.period(step.feature), step.quantity);
      expect(outcomes.filter((outcome) => outcome === "COUNTED")).toHaveLength(wasCounted ? 1 : 0);
      expect(outcomes.filter((outcome) => outcome === "DUPLICATE")).toHaveLength(wasCounted ? step.copies - 1 : 0);
      last = { key, feature: step.feature, quantity: step.quantity, wasCounted };
    } else if (step.kind === "again" && last?.wasCounted) {
      expect((await send(last.key, last.feature, last.quantity))[0]?.outcome).toBe("DUPLICATE");
      expect((await send(last.key, last.feature, last.quantity + 1))[0]?.outcome).toBe("KEY_REUSED");
    } else if (step.kind === "reserve") {
      const { feature: featureKey, quantity, minutes } = step;
      const id = randomUUID();
      const expiresAt = new Date(model.now + minutes * 60_000);
      const wanted = { id, userId, externalId, isAdmin: false, featureKey, quantity, expiresAt, key: id };
      const [made, same] = [
        await reserve(db, wanted, judged()),
        await reserve(db, { ...wanted, id: randomUUID() }, judged()),
      ];
      const fits = model.mayUse(featureKey, quantity);
      expect([made.id, same.id]).toEqual(fits ? [id, id] : [null, null]);
      if (fits) {
        const period = model.period(featureKey);
        model.reservations.push({
          id,
          feature: featureKey,
          quantity,
          expiresAt: expiresAt.getTime(),
          period,
          settled: null,
        });
      }
    } else if (step.kind === "settle") {
      const held = model.reservations.at(-1);
      if (!held) continue;
      const quantity = Math.floor(held.quantity * step.part);
      const settlement = { id: held.id, quantity, isAdmin: false };
      const sent = await Promise.all(Array.from({ length: step.copies }, () => settle(db, settlement, judged())));
      const isOpen = held.settled === null && held.expiresAt > model.now;
      const isDone = isOpen || held.settled === quantity;
      expect(new Set(sent)).toEqual(new Set([isDone ? "SETTLED" : "CLOSED"]));
      if (isOpen) {
        held.settled = quantity;
        model.add(held.feature, held.period, quantity);
      }
    } else if (step.kind === "wait") model.now += step.minutes * 60_000;
    else if (step.kind === "tier") {
      model.tier = step.slug;
      await db.execute(sql`update subscriptions set tier_slug = ${step.slug} where user_id = ${userId}`);
    } else if (step.kind === "sweep") {
      await expireReservations(db, judged(), 1_000);
      await deleteKeys(db, new Date(model.now - 45 * 86_400_000), 1_000);
    }

    const found = await findStandings(db, [{ userId, isAdmin: false }], ["streaming_minutes", "guests"], judged());
    for (const { featureKey, used, limit } of found) {
      const of = featureKey === "guests" ? "guests" : "streaming_minutes";
      expect({ featureKey, used, limit }).toEqual({
        featureKey,
        used: model.usedOf(of) + model.reservedOf(of),
        limit: model.limit(of),
      });
    }
    await expectExactCounters(connection);
  }
}

function couldBeCounted(model: Model, { feature: of, quantity }: { feature: Feature; quantity: number }): boolean {
  if (quantity === 0) return false;
  if (quantity < 0) return of === "guests" && model.usedOf(of) + quantity >= 0;
  return model.mayUse(of, quantity);
}
