import { BillingError } from "../../errors.js";
import type { GraphQLContext } from "../../graphql/context.js";
import { holderOf } from "../allowances/holder.js";
import { type Catalog, type CatalogFeature, findFeature } from "../catalog/catalog.js";
import { isCounted, type UsageState, usageOf, usagePeriodOf } from "./usage-summary.js";

/**
 * What a customer used in the period that runs, in display order: of the features asked for, or of all that
 * are included or in use. Throws BAD_USER_INPUT for a feature that is unknown or not counted.
 */
export async function usageSummariesOf(
  context: GraphQLContext,
  userId: string,
  featureKeys: readonly string[] | null,
): Promise<UsageState[]> {
  const catalog = context.catalog();
  const features = featureKeys?.map((key) => requireCounted(catalog, key)) ?? catalog.features.filter(isCounted);
  const [holder, used, subscription] = await Promise.all([
    holderOf(context, userId),
    context.loaders.used.load(userId),
    context.loaders.subscriptions.load(userId),
  ]);
  const period = usagePeriodOf(holder.subscription?.isEntitling ? subscription : undefined, context.now());
  const states = features.map((feature) => usageOf(catalog, holder, feature, used.get(feature.key) ?? 0, period));
  return featureKeys ? states : states.filter((state) => state.limit !== 0 || state.used !== 0);
}

function requireCounted(catalog: Catalog, key: string): CatalogFeature {
  const feature = findFeature(catalog, key);
  if (feature && isCounted(feature)) return feature;
  const counted = catalog.features.filter(isCounted).map((each) => each.key);
  const what = feature ? "is a switch, which is not counted" : "is no feature";
  throw new BillingError("BAD_USER_INPUT", `\`${key.slice(0, 64)}\` ${what}. Counted are: ${counted.join(", ")}.`);
}
