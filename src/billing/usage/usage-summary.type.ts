import { Field, Float, ObjectType } from "type-graphql";
import { Money, Period } from "../../graphql/money.type.js";
import { Node } from "../../graphql/node.type.js";
import { SafeInt } from "../../graphql/scalars.js";
import { Feature, toFeature } from "../catalog/catalog.type.js";
import { featureOfCustomerId } from "../global-id.js";
import type { UsageState } from "./usage-summary.js";

@ObjectType({ implements: Node, description: "Use of one feature in the current period." })
export class UsageSummary extends Node {
  @Field(() => Feature, { description: "The feature." })
  readonly feature!: Feature;

  @Field(() => SafeInt, { description: "Quantity used; of a LIMIT the quantity held now." })
  readonly used!: number;

  @Field(() => SafeInt, {
    nullable: true,
    description: "Quantity included, 0 for a feature that is not; null when unlimited.",
  })
  readonly limit!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: "Percent of the limit, above 100 in overage; null when unlimited.",
  })
  readonly percentUsed!: number | null;

  @Field(() => Money, {
    nullable: true,
    description: "Cost of use above the limit so far; null without overage. No tier prices use above its limit yet.",
  })
  readonly overage!: Money | null;

  @Field(() => Period, {
    description:
      "Period that is counted: from the subscription's start on, by the month where it is paid by the month or the year; without one, by the month from the first use on.",
  })
  readonly period!: Period;
}

/** Use as the API shows it. Its ID is the customer's and the feature's, so that it stays the same. */
export function toUsageSummary(userId: string, { feature, ...state }: UsageState): UsageSummary {
  return Object.assign(new UsageSummary(), {
    id: featureOfCustomerId("UsageSummary", userId, feature.key),
    feature: toFeature(feature),
    // The catalog has no price for use above a limit: there it stops.
    overage: null,
    ...state,
  });
}
