import { inArray, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { type Catalog, freeTier } from "../catalog/catalog.js";
import { graceCutoff, type Moment } from "../subscriptions/subscription.js";
import { grantsTier, subscriptions } from "../subscriptions/subscription.table.js";

/** In SQL, the slug of the tier that a subscription shows: one that the catalog does not know is the free tier. */
export function tierOfSubscription(catalog: Catalog): SQL<string> {
  const known = inArray(
    subscriptions.tierSlug,
    catalog.tiers.map(({ slug }) => slug),
  );
  return sql`(case when ${known} then ${subscriptions.tierSlug} else ${freeTier(catalog).slug} end)`;
}

/** In SQL, the slug of a customer's tier in force, as `tierInForce` has it: the newest subscription's that grants one, else the free tier. */
export function tierOfCustomer(userId: PgColumn, catalog: Catalog, moment: Moment): SQL<string> {
  const cutoff = sql`${graceCutoff(moment).toISOString()}`;
  return sql`coalesce(
    (select ${tierOfSubscription(catalog)} from ${subscriptions}
      where ${subscriptions.userId} = ${userId} and ${grantsTier(cutoff)}
      order by ${subscriptions.startedAt} desc, ${subscriptions.id} desc limit 1),
    ${freeTier(catalog).slug})`;
}
