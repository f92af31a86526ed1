import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findStandings, findTiersInForce } from "../src/billing/allowances/standing.repository.js";
import type { Grant } from "../src/billing/catalog/catalog.js";
import { insertVersion } from "../src/billing/catalog/catalog.repository.js";
import { readCatalogFile } from "../src/billing/catalog/catalog-file.js";
import { isEntitling } from "../src/billing/subscriptions/subscription.js";
import { userIdOf } from "../src/billing/users/user.js";
import { type Connection, connect } from "../src/db/client.js";
import { type SubscriptionStatus, subscriptionStatuses } from "../src/stripe/snapshots.js";
import { cloneDatabase, type TestDatabase } from "./support/database.js";

/** The rules of the database, beside the same rules written down once more here. */

const fromFile = await readCatalogFile("catalog.yaml");
/** One tier's grace is shorter than the others', one's longer, and one has none. */
const graces: Readonly<Record<string, number>> = { starter: 6, professional: 9, enterprise: 0 };
const catalog = {
  ...fromFile,
  tiers: fromFile.tiers.map((tier) => ({ ...tier, graceDays: graces[tier.slug] ?? null })),
};
const now = new Date("2026-06-15T12:00:00Z");
const gracePeriodDays = 7;
const dayMs = 24 * 3_600_000;

let database: TestDatabase;
let connection: Connection;
beforeAll(async () => {
  database = await cloneDatabase();
  connection = connect(database.url, { max: 1, applicationName: "tests" });
  await insertVersion(connection.db, { hash: "h", definition: catalog, portalConfigurationId: null, pushedAt: now });
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

interface Held {
  readonly tier: string | null;
  readonly status: SubscriptionStatus;
  readonly lateDays: number;
}
interface Given {
  readonly tier: string;
  readonly endsInDays: number | null;
}
interface Set {
  readonly feature: string;
  readonly grant: Grant;
  readonly endsInDays: number | null;
}
interface Life {
  readonly isAdmin: boolean;
  readonly subscriptions: readonly Held[];
  readonly grants: readonly Given[];
  readonly overrides: readonly Set[];
}

const slugs = catalog.tiers.map(({ slug }) => slug);
const ends = fc.option(fc.constantFrom(-1, 0, 1));
const anyGrant: fc.Arbitrary<Grant> = fc.oneof(
  fc.constant({ isIncluded: false, limit: 0 }),
  fc.record({ isIncluded: fc.constant(true), limit: fc.option(fc.integer({ min: 1, max: 5_000 })) }),
);
const anyLife: fc.Arbitrary<Life> = fc.record({
  isAdmin: fc.boolean(),
  subscriptions: fc.array(
    fc.record({
      tier: fc.constantFrom(...slugs, "discontinued", null),
      status: fc.constantFrom(...subscriptionStatuses),
      lateDays: fc.constantFrom(0, 5, 6, 7, 8, 9),
    }),
    { maxLength: 3 },
  ),
  grants: fc.array(fc.record({ tier: fc.constantFrom(...slugs), endsInDays: ends }), { maxLength: 2 }),
  overrides: fc.uniqueArray(
    fc.record({
      feature: fc.constantFrom(...catalog.features.map(({ key }) => key)),
      grant: anyGrant,
      endsInDays: ends,
    }),
    { maxLength: 2, selector: ({ feature }) => feature },
  ),
});

const after = (days: number) => new Date(now.getTime() + days * dayMs);
const lasts = (endsInDays: number | null) => endsInDays === null || endsInDays > 0;
const size = ({ isIncluded, limit }: Grant) => (isIncluded ? (limit ?? Number.POSITIVE_INFINITY) : -1);

const graceDaysOf = (slug: string | null) => graces[slug ?? ""] ?? gracePeriodDays;

function entitles({ tier, status, lateDays }: Held): boolean {
  return isEntitling({ status, pastDueSince: after(-lateDays), tierSlug: tier }, { now, gracePeriodDays, graceDaysOf });
}

/** Everything that gives something, in the order in which equals are preferred. */
function candidates({ isAdmin, subscriptions, grants }: Life): [tier: string | null, source: string][] {
  const bought = (status: SubscriptionStatus, source: string) =>
    subscriptions
      .filter((held) => held.status === status && entitles(held))
      .map(({ tier }): [string | null, string] => [tier, source]);
  return [
    ...(isAdmin ? [["admin_unlimited", "ADMIN"] as [string, string]] : []),
    ...grants.filter(({ endsInDays }) => lasts(endsInDays)).map(({ tier }): [string, string] => [tier, "GRANT"]),
    ...bought("TRIALING", "TRIAL"),
    ...bought("ACTIVE", "SUBSCRIPTION"),
    ...bought("PAST_DUE", "GRACE"),
    ["free", "FREE_TIER"],
  ];
}

function expected(life: Life, feature: string): Grant & { source: string | null } {
  const override = life.overrides.find((each) => each.feature === feature && lasts(each.endsInDays));
  if (override) return { ...override.grant, source: "OVERRIDE" };
  let best: (Grant & { source: string | null }) | undefined;
  for (const [slug, source] of candidates(life)) {
    const grant = catalog.tiers.find((tier) => tier.slug === slug)?.grants[feature];
    if (grant && (!best || size(grant) > size(best))) best = { ...grant, source };
  }
  return best ?? { isIncluded: false, limit: 0, source: null };
}

let lives = 0;

async function live(life: Life): Promise<string> {
  const { db } = connection;
  const externalId = `life-${++lives}`;
  const userId = userIdOf(externalId);
  const at = (date: Date | null) => date?.toISOString() ?? null;
  await db.execute(sql`insert into users (id, external_id, created_at, recorded_at, updated_at)
    values (${userId}, ${externalId}, ${at(now)}, ${at(now)}, ${at(now)})`);
  for (const [place, { tier, status, lateDays }] of life.subscriptions.entries()) {
    await db.execute(sql`insert into subscriptions
      (id, user_id, stripe_subscription_id, status, tier_slug, quantity, started_at, past_due_since, recorded_at, updated_at)
      values (gen_random_uuid(), ${userId}, ${`sub_${externalId}_${place}`}, ${status}, ${tier}, 1, ${at(after(-30))},
        ${at(after(-lateDays))}, ${at(now)}, ${at(now)})`);
  }
  for (const { tier, endsInDays } of life.grants) {
    await db.execute(sql`insert into tier_grants (id, user_id, tier_slug, started_at, ends_at, reason)
      values (gen_random_uuid(), ${userId}, ${tier}, ${at(after(-30))}, ${at(endsInDays === null ? null : after(endsInDays))}, 'r')`);
  }
  for (const { feature, grant, endsInDays } of life.overrides) {
    await db.execute(sql`insert into entitlement_overrides (user_id, feature_key, is_included, "limit", ends_at, reason, set_at)
      values (${userId}, ${feature}, ${grant.isIncluded}, ${grant.limit}, ${at(endsInDays === null ? null : after(endsInDays))}, 'r', ${at(now)})`);
  }
  return userId;
}

describe("what the database says somebody may have", () => {
  test("is the override's, else the most generous of admin, grant, trial, subscription, grace and free tier", async () => {
    await fc.assert(
      fc.asyncProperty(anyLife, async (life) => {
        const holder = { userId: await live(life), isAdmin: life.isAdmin };
        const found = await findStandings(connection.db, [holder], null, { now, gracePeriodDays });
        expect(found).toHaveLength(catalog.features.length);
        for (const { featureKey, isIncluded, limit, source } of found) {
          expect({ featureKey, isIncluded, limit, source }).toEqual({ featureKey, ...expected(life, featureKey) });
        }
      }),
      { numRuns: 150 },
    );
  });

  test("is answered for many customers at once as for each alone", async () => {
    const people = await fc
      .sample(anyLife, 5)
      .reduce<Promise<{ userId: string; isAdmin: boolean }[]>>(
        async (before, life) => [...(await before), { userId: await live(life), isAdmin: life.isAdmin }],
        Promise.resolve([]),
      );
    const together = await findStandings(connection.db, people, ["guests"], { now, gracePeriodDays });
    for (const person of people) {
      const [alone] = await findStandings(connection.db, [person], ["guests"], { now, gracePeriodDays });
      expect(together.find(({ userId }) => userId === person.userId)).toEqual(alone);
    }
  });

  test("is found for a page of customers by their own counters, not by reading everybody's", async () => {
    const { db } = connection;
    await db.execute(sql`insert into usage_tracking (user_id, feature_key, period_start, period_end, used)
      select gen_random_uuid(), 'streaming_minutes', ${now.toISOString()}, ${now.toISOString()}, 1 from generate_series(1, 20000)`);
    await db.execute(sql`analyze usage_tracking`);
    const page = Array.from({ length: 100 }, (_, n) => ({ userId: userIdOf(`nobody-${n}`), isAdmin: false }));
    const reads = await db.transaction(async (inside) => {
      expect(await findStandings(inside, page, null, { now, gracePeriodDays })).toHaveLength(
        100 * catalog.features.length,
      );
      return inside.execute(sql`select seq_scan from pg_stat_xact_user_tables where relname = 'usage_tracking'`);
    });
    expect(Number(reads[0]?.["seq_scan"])).toBe(0);
  });

  test("as the tier in force is the staff tier, else the highest that entitles, else the free tier", async () => {
    await fc.assert(
      fc.asyncProperty(anyLife, async (life) => {
        const holder = { userId: await live(life), isAdmin: life.isAdmin };
        const given = candidates(life).map(([slug]) => slug);
        const ranked = catalog.tiers.filter(({ slug, isDefault }) => given.includes(slug) && !isDefault);
        const highest = ranked.toSorted((a, b) => b.rank - a.rank)[0]?.slug ?? "free";
        const [found] = await findTiersInForce(connection.db, [holder], { now, gracePeriodDays });
        expect(found).toBe(life.isAdmin ? "admin_unlimited" : highest);
      }),
      { numRuns: 100 },
    );
  });
});
