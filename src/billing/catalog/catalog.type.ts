import { Field, Int, ObjectType, registerEnumType } from "type-graphql";
import { Money, money } from "../../graphql/money.type.js";
import { Node } from "../../graphql/node.type.js";
import { SafeInt, Url } from "../../graphql/scalars.js";
import { catalogId } from "../global-id.js";
import { type Catalog, type CatalogFeature, type CatalogPrice, type CatalogTier, grantOf } from "./catalog.js";

/** The API's names of the intervals; inside, they are the catalog's. */
export const BillingInterval = { DAY: "day", WEEK: "week", MONTH: "month", YEAR: "year" } as const;

registerEnumType(BillingInterval, {
  name: "BillingInterval",
  description: "How often a price is charged.",
  valuesConfig: {
    DAY: { description: "Every day." },
    WEEK: { description: "Every week." },
    MONTH: { description: "Every month." },
    YEAR: { description: "Every year." },
  },
});

/** How a feature is granted. */
export const FeatureKind = { LIMIT: "LIMIT", METERED: "METERED", SWITCH: "SWITCH" } as const;

registerEnumType(FeatureKind, {
  name: "FeatureKind",
  description: "How a feature is granted: a switch, a count held at one time, or consumption within a period.",
  valuesConfig: {
    LIMIT: { description: "A count that may be held at one time." },
    METERED: { description: "Consumption within a period." },
    SWITCH: { description: "Included or not." },
  },
});

/** Where an object of the API was read from, so that one answer never mixes two versions of the catalog. */
interface Origin<Part> {
  readonly catalog: Catalog;
  readonly part: Part;
}

@ObjectType({ implements: Node, description: "A plan on the price list." })
export class Tier extends Node {
  readonly origin!: Origin<CatalogTier>;

  @Field(() => String, { description: "Readable key that is safe to hard-code, for example `professional`." })
  readonly slug!: string;

  @Field(() => String, { description: "Display name." })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: "One-line pitch." })
  readonly description!: string | null;

  @Field(() => [String], { description: "Bullet points for the pricing card." })
  readonly highlights!: readonly string[];

  @Field(() => Int, { description: "Position on the pricing page, lowest first." })
  readonly rank!: number;

  @Field(() => Boolean, { description: "Whether it costs nothing." })
  readonly isFree!: boolean;

  @Field(() => Boolean, { description: "Whether the pricing page should make it stand out." })
  readonly isRecommended!: boolean;

  @Field(() => Int, { description: "Trial length for a first subscription in days, 0 for none." })
  readonly trialDays!: number;

  @Field(() => Boolean, {
    description: "Whether that trial asks for no card: it then ends uncharged, unless one is left before.",
  })
  readonly isTrialWithoutCard!: boolean;

  @Field(() => Url, { nullable: true, description: "Where to ask about it when `viewerAction` is `CONTACT_SALES`." })
  readonly contactUrl!: string | null;
}

@ObjectType({ implements: Node, description: "What a tier costs for one interval in one currency." })
export class TierPrice extends Node {
  readonly origin!: Origin<CatalogPrice>;

  @Field(() => BillingInterval, { description: "How often it is charged." })
  readonly interval!: CatalogPrice["interval"];

  @Field(() => Money, { description: "Charge for each unit and interval." })
  readonly unitAmount!: Money;

  @Field(() => Boolean, { description: "Whether tax is included in the amounts." })
  readonly isTaxInclusive!: boolean;
}

@ObjectType({ implements: Node, description: "A capability that tiers include." })
export class Feature extends Node {
  @Field(() => String, { description: "Readable key that code gates on, for example `api_calls`." })
  readonly key!: string;

  @Field(() => String, { description: "Display name." })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: "Longer explanation." })
  readonly description!: string | null;

  @Field(() => FeatureKind, { description: "How it is granted." })
  readonly kind!: CatalogFeature["kind"];

  @Field(() => String, {
    nullable: true,
    description: "Unit of the quantity, for example `call`; null for switches.",
  })
  readonly unit!: string | null;
}

@ObjectType({ description: "One feature as one tier includes it." })
export class TierFeature {
  @Field(() => Feature, { description: "The feature." })
  readonly feature!: Feature;

  @Field(() => Boolean, { description: "Whether the tier has it at all." })
  readonly isIncluded!: boolean;

  @Field(() => Boolean, { description: "Whether it is without limit; false for switches." })
  readonly isUnlimited!: boolean;

  @Field(() => SafeInt, {
    nullable: true,
    description: "Included quantity; null for switches and when unlimited.",
  })
  readonly limit!: number | null;
}

/** A tier as the API shows it. */
export function toTier(catalog: Catalog, tier: CatalogTier): Tier {
  const { slug, name, description, highlights, rank, isRecommended, trialDays, isTrialWithoutCard, contactUrl } = tier;
  const isFree = contactUrl === null && !catalog.prices.some((price) => price.tierSlug === slug);
  const texts = { slug, name, description, highlights, contactUrl };
  const shown = { ...texts, rank, isRecommended, trialDays, isTrialWithoutCard };
  return Object.assign(new Tier(), { id: catalogId("Tier", slug), origin: { catalog, part: tier }, isFree, ...shown });
}

/** A price as the API shows it, on sale or not. */
export function toTierPrice(catalog: Catalog, price: CatalogPrice): TierPrice {
  const { id, interval, isTaxInclusive } = price;
  return Object.assign(new TierPrice(), {
    id: catalogId("TierPrice", id),
    origin: { catalog, part: price },
    interval,
    unitAmount: money(price.unitAmount, price.currency),
    isTaxInclusive,
  });
}

/** A feature as the API shows it. */
export function toFeature(feature: CatalogFeature): Feature {
  const { key, name, description, kind, unit } = feature;
  return Object.assign(new Feature(), { id: catalogId("Feature", key), key, name, description, kind, unit });
}

/** A feature as a tier includes it. */
export function toTierFeature(catalog: Catalog, tier: CatalogTier, feature: CatalogFeature): TierFeature {
  const { isIncluded, limit } = grantOf(catalog, tier, feature.key);
  const isUnlimited = feature.kind !== "SWITCH" && isIncluded && limit === null;
  return Object.assign(new TierFeature(), { feature: toFeature(feature), isIncluded, isUnlimited, limit });
}
