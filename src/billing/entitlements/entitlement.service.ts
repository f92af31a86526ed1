import { BillingError } from "../../errors.js";
import type { GraphQLContext } from "../../graphql/context.js";
import { readStanding, readStandings } from "../allowances/standing.reading.js";
import { type Catalog, type CatalogFeature, findFeature } from "../catalog/catalog.js";
import { denialReasonOf, type EntitlementState, entitlementOf, upgradeTierOf } from "./entitlement.js";

/** What a customer may use now: all features in display order, or those asked for. Throws BAD_USER_INPUT for an unknown one. */
export async function entitlementsOf(
  context: GraphQLContext,
  userId: string,
  featureKeys?: readonly string[] | null,
): Promise<EntitlementState[]> {
  const catalog = context.catalog();
  const features = featureKeys ? featureKeys.map((key) => requireFeature(catalog, key)) : catalog.features;
  if (features.length === 0) return [];
  const standings = new Map((await readStandings(context, userId)).map((each) => [each.featureKey, each]));
  return features.flatMap((feature) => {
    const standing = standings.get(feature.key);
    return standing ? entitlementOf(feature, standing) : [];
  });
}

/** What a customer may use of one feature now: the quickest way to ask. Throws BAD_USER_INPUT for an unknown one. */
export async function entitlementFor(
  context: GraphQLContext,
  userId: string,
  featureKey: string,
): Promise<EntitlementState> {
  const feature = requireFeature(context.catalog(), featureKey);
  const standing = await readStanding(context, userId, featureKey);
  // The catalog in memory may be a moment behind the database's: a feature that left it just now.
  if (!standing) throw unknownFeature(context.catalog(), featureKey);
  return entitlementOf(feature, standing);
}

/** A feature of the catalog. A typing mistake in a gate must be loud, not a "no". */
export function requireFeature(catalog: Catalog, key: string): CatalogFeature {
  const feature = findFeature(catalog, key);
  if (!feature) throw unknownFeature(catalog, key);
  return feature;
}

function unknownFeature(catalog: Catalog, key: string): BillingError {
  const known = catalog.features.map((each) => each.key).join(", ");
  return new BillingError("BAD_USER_INPUT", `There is no feature \`${key.slice(0, 64)}\`. There are: ${known}.`);
}

/** Lets the caller pass when their tier includes the feature; throws UPGRADE_REQUIRED with what would help otherwise. */
export async function requireEntitlement(context: GraphQLContext, userId: string, featureKey: string): Promise<void> {
  const entitlement = await entitlementFor(context, userId, featureKey);
  if (denialReasonOf(entitlement, 1) === null) return;
  const upgradeTier = upgradeTierOf(context.catalog(), entitlement);
  throw new BillingError("UPGRADE_REQUIRED", `The current tier does not include ${entitlement.feature.name}.`, {
    feature: featureKey,
    upgradeTier: upgradeTier?.slug ?? null,
  });
}
