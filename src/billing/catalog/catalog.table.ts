import { bigint, boolean, jsonb, pgTable, text, unique } from "drizzle-orm/pg-core";
import { instant, timestamps, whole } from "../../db/columns.js";
import type { CatalogDefinition, Interval } from "./catalog.js";

/** One row per pushed change of the catalog; the newest is in force. `catalog-push.ts` is the only writer. */
export const catalogVersions = pgTable("catalog_versions", {
  version: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  /** Of the definition. Not unique: going back to an earlier price list is a version of its own. */
  hash: text("hash").notNull(),
  definition: jsonb("definition").$type<CatalogDefinition>().notNull(),
  pushedAt: instant("pushed_at").notNull(),
});

/**
 * Every price ever sold, so that a subscription at an old price still finds its tier.
 * `catalog-push.ts` is the only writer, and never deletes.
 */
export const catalogPrices = pgTable(
  "catalog_prices",
  {
    /** `CatalogPrice.id`: names the amount, and is part of the API's global ID. */
    id: text("id").primaryKey(),
    tierSlug: text("tier_slug").notNull(),
    interval: text("interval").$type<Interval>().notNull(),
    currency: text("currency").notNull(),
    unitAmount: whole("unit_amount").notNull(),
    isTaxInclusive: boolean("is_tax_inclusive").notNull(),
    stripePriceId: text("stripe_price_id").notNull(),
    isActive: boolean("is_active").notNull(),
    ...timestamps,
  },
  // One Stripe price may charge in several currencies.
  (table) => [unique("catalog_prices_stripe_price_id_currency_key").on(table.stripePriceId, table.currency)],
);

/** A row of `catalog_versions`. */
export type CatalogVersionRow = typeof catalogVersions.$inferSelect;
