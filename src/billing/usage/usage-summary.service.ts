import { BillingError } from "../../errors.js";
import type { GraphQLContext } from "../../graphql/context.js";
import { readStandings } from "../allowances/standing.reading.js";
import { type Catalog, type CatalogFeature, findFeature } from "../catalog/catalog.js";
import { isCounted, type UsageState, usageOf } from "./usage-summary.js";

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
  const standings = new Map((await readStandings(context, userId)).map((each) => [each.featureKey, each]));
  const states = features.flatMap((feature) => {
    const standing = standings.get(feature.key);
    return standing ? usageOf(feature, standing) : [];
  });
  return featureKeys ? states : states.filter((state) => state.limit !== 0 || state.used !== 0);
}

function requireCounted(catalog: Catalog, key: string): CatalogFeature {
  const feature = findFeature(catalog, key);
  if (feature && isCounted(feature)) return feature;
  const counted = catalog.features.filter(isCounted).map((each) => each.key);
  const what = feature ? "is a switch, which is not counted" : "is no feature";
  throw new BillingError("BAD_USER_INPUT", `\`${key.slice(0, 64)}\` ${what}. Counted are: ${counted.join(", ")}.`);
}
