import { sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import type { Moment } from "../moment.js";
import type { Holder } from "./allowance.js";
import { standingColumns, tierInForceSql } from "./standing.table.js";

const ofFeatures = prepared((db) =>
  db
    .select({
      userId: sql<string>`r.user_id`,
      isAdmin: sql<boolean>`r.is_admin`,
      featureKey: sql<string>`r.feature_key`,
      ...standingColumns,
    })
    .from(
      sql`standings(${sql.placeholder("userIds")}::uuid[], ${sql.placeholder("admins")}::text[]::boolean[],
        ${sql.placeholder("features")}::text[], ${sql.placeholder("now")}::timestamptz, ${sql.placeholder("gracePeriodDays")}::int) as r`,
    )
    .prepare("standings"),
);

/** How these customers stand with these features, or with all; in no order. */
export function findStandings(
  db: Db,
  holders: readonly Holder[],
  featureKeys: readonly string[] | null,
  { now, gracePeriodDays }: Moment,
) {
  return ofFeatures(db).execute({
    userIds: holders.map(({ userId }) => userId),
    admins: holders.map(({ isAdmin }) => String(isAdmin)), // the driver takes a list of booleans for one
    features: featureKeys && [...featureKeys],
    now: now.toISOString(),
    gracePeriodDays,
  });
}

const inForce = prepared((db) =>
  db
    .select({
      tierSlug: tierInForceSql({
        userId: sql`h.user_id`,
        isAdmin: sql`h.is_admin`,
        now: sql`${sql.placeholder("now")}::timestamptz`,
        graceDays: sql`${sql.placeholder("gracePeriodDays")}::int`,
      }),
    })
    .from(
      sql`unnest(${sql.placeholder("userIds")}::uuid[], ${sql.placeholder("admins")}::text[]::boolean[]) with ordinality as h (user_id, is_admin, place)`,
    )
    .orderBy(sql`h.place`)
    .prepare("tiers_in_force"),
);

/** The tier in force of each of these customers, in the order given. */
export async function findTiersInForce(db: Db, holders: readonly Holder[], { now, gracePeriodDays }: Moment) {
  const rows = await inForce(db).execute({
    userIds: holders.map(({ userId }) => userId),
    admins: holders.map(({ isAdmin }) => String(isAdmin)), // the driver takes a list of booleans for one
    now: now.toISOString(),
    gracePeriodDays,
  });
  return rows.map(({ tierSlug }) => tierSlug);
}
