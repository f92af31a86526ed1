import { BillingError } from "../../errors.js";
import type { GraphQLContext } from "../../graphql/context.js";
import type { Holder } from "../allowances/allowance.js";
import { holderOf } from "../allowances/holder.js";
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
  const [holder, used] = await Promise.all([holderOf(context, userId), context.loaders.used.load(userId)]);
  return features.map((feature) => entitlementOf(catalog, holder, feature, used.get(feature.key) ?? 0));
}

/** The same for a holder that is known already. */
export async function entitlementsFor(
  context: GraphQLContext,
  userId: string,
  holder: Holder,
  featureKeys: readonly string[],
) {
  const catalog = context.catalog();
  const used = await context.loaders.used.load(userId);
  return featureKeys.map((key) => entitlementOf(catalog, holder, requireFeature(catalog, key), used.get(key) ?? 0));
}

/** A feature of the catalog. A typing mistake in a gate must be loud, not a "no". */
export function requireFeature(catalog: Catalog, key: string): CatalogFeature {
  const feature = findFeature(catalog, key);
  if (feature) return feature;
  const known = catalog.features.map((each) => each.key).join(", ");
  throw new BillingError("BAD_USER_INPUT", `There is no feature \`${key.slice(0, 64)}\`. There are: ${known}.`);
}

/** Lets the caller pass when their tier includes the feature; throws UPGRADE_REQUIRED with what would help otherwise. */
export async function requireEntitlement(context: GraphQLContext, userId: string, featureKey: string): Promise<void> {
  const [entitlement] = await entitlementsOf(context, userId, [featureKey]);
  if (!entitlement || denialReasonOf(entitlement, 1) === null) return;
  const upgradeTier = upgradeTierOf(context.catalog(), entitlement);
  throw new BillingError("UPGRADE_REQUIRED", `The current tier does not include ${entitlement.feature.name}.`, {
    feature: featureKey,
    upgradeTier: upgradeTier?.slug ?? null,
  });
}
