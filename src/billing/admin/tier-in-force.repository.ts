import { inArray, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { tierInForceSql } from "../allowances/standing.table.js";
import { type Catalog, freeTier } from "../catalog/catalog.js";
import type { Moment } from "../moment.js";
import { subscriptions } from "../subscriptions/subscription.table.js";

/** In SQL, the slug of the tier that a subscription shows: one that the catalog does not know is the free tier. */
export function tierOfSubscription(catalog: Catalog): SQL<string> {
  const known = inArray(
    subscriptions.tierSlug,
    catalog.tiers.map(({ slug }) => slug),
  );
  return sql`(case when ${known} then ${subscriptions.tierSlug} else ${freeTier(catalog).slug} end)`;
}

/** In SQL, the slug of a customer's tier in force. */
export function tierOfCustomer(userId: PgColumn, { now, gracePeriodDays }: Moment): SQL<string> {
  const moment = { now: sql`${now.toISOString()}::timestamptz`, graceDays: sql`${gracePeriodDays}::int` };
  return tierInForceSql({ userId, isAdmin: sql`false`, ...moment });
}
