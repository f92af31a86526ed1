import { bigint, boolean, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { instant, timestamps, whole } from "../../db/columns.js";
import type { CatalogDefinition, CatalogFeature, CatalogTier, FeatureKind, Interval } from "./catalog.js";

type LaterPart = "seats" | "graceDays" | "isTrialWithoutCard";
type StoredTier = Omit<CatalogTier, LaterPart> & Partial<Pick<CatalogTier, LaterPart>>;

/** A definition as some release wrote it; what came later may be missing. */
export type StoredDefinition = Omit<CatalogDefinition, "tax" | "features" | "tiers" | "earlierPrices"> & {
  readonly earlierPrices?: CatalogDefinition["earlierPrices"];
  readonly tax?: CatalogDefinition["tax"];
  readonly features: readonly (Omit<CatalogFeature, "isSelfReported"> & { readonly isSelfReported?: boolean })[];
  readonly tiers: readonly StoredTier[];
};

/** One row per pushed change of the catalog; the newest is in force. `catalog-push.ts` is the only writer. */
export const catalogVersions = pgTable("catalog_versions", {
  version: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  /** Of the definition. Not unique: going back to an earlier price list is a version of its own. */
  hash: text("hash").notNull(),
  definition: jsonb("definition").$type<StoredDefinition>().notNull(),
  /** Stripe's id of the billing portal's settings that go with it; null when a push has not made any yet. */
  portalConfigurationId: text("portal_configuration_id"),
  pushedAt: instant("pushed_at").notNull(),
});

/**
 * Every price ever sold, so that a subscription at an old price still finds its tier: a row for each
 * currency of each price in Stripe. `catalog-push.ts` is the only writer, and never deletes.
 */
export const catalogPrices = pgTable(
  "catalog_prices",
  {
    /** `CatalogPrice.id`: names the amount, and is part of the API's global ID. Several prices in Stripe may charge it. */
    id: text("id").notNull(),
    tierSlug: text("tier_slug").notNull(),
    interval: text("interval").$type<Interval>().notNull(),
    currency: text("currency").notNull(),
    unitAmount: whole("unit_amount").notNull(),
    isTaxInclusive: boolean("is_tax_inclusive").notNull(),
    stripePriceId: text("stripe_price_id").notNull(),
    isActive: boolean("is_active").notNull(),
    ...timestamps,
  },
  (table) => [primaryKey({ columns: [table.stripePriceId, table.currency] })],
);

/** A row of `catalog_versions`. */
export type CatalogVersionRow = typeof catalogVersions.$inferSelect;

/**
 * The newest definition once more, in rows: what the database's own functions judge by. A trigger on
 * `catalog_versions` is the only writer, so that no release can push a catalog and leave these behind.
 */
export const catalogTiers = pgTable("catalog_tiers", {
  slug: text("slug").primaryKey(),
  rank: integer("rank").notNull(),
  isDefault: boolean("is_default").notNull(),
  isStaff: boolean("is_staff").notNull(),
  /** Null leaves it to the setting. */
  graceDays: integer("grace_days"),
});

/** The features of the newest definition; see `catalogTiers`. */
export const catalogFeatures = pgTable("catalog_features", {
  key: text("key").primaryKey(),
  kind: text("kind").$type<FeatureKind>().notNull(),
});

/** What each tier of the newest definition gives; see `catalogTiers`. */
export const catalogGrants = pgTable(
  "catalog_grants",
  {
    tierSlug: text("tier_slug").notNull(),
    featureKey: text("feature_key").notNull(),
    isIncluded: boolean("is_included").notNull(),
    /** Null for switches and when unlimited. */
    limit: whole("limit"),
  },
  (table) => [primaryKey({ columns: [table.featureKey, table.tierSlug] })],
);
