import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, Query, Resolver } from "type-graphql";
import { BillingError } from "../../errors.js";
import type { GraphQLContext } from "../../graphql/context.js";
import { DateTime } from "../../graphql/scalars.js";
import { findFeature } from "../catalog/catalog.js";
import { toFeature } from "../catalog/catalog.type.js";
import { Customer } from "../users/customer.type.js";
import { Granularity, UsageSeries } from "./usage.type.js";
import { bucketsOf, type Granularity as GranularityName } from "./usage-series.js";

const mostPoints = 1_000;

@ArgsType()
class UsageSpanArgs {
  @Field(() => DateTime, { description: "First instant included." })
  readonly from!: Date;

  @Field(() => DateTime, { nullable: true, description: "First instant excluded; now when left out." })
  readonly to?: Date | null;

  @Field(() => Granularity, { defaultValue: Granularity.DAY, description: "Width of a point." })
  readonly granularity!: GranularityName;
}

@Resolver(() => Customer)
export class UsageResolver {
  @Query(() => UsageSeries, {
    nullable: true,
    description: "Shortcut for `viewer.customer.usageHistory`. Needs a tier with the feature `usage_analytics`.",
  })
  usageHistory(
    @Arg("feature", () => String, { description: "Feature key." }) feature: string,
    @Args(() => UsageSpanArgs) span: UsageSpanArgs,
    @Ctx() context: GraphQLContext,
  ): UsageSeries {
    return seriesOf(context, feature, span);
  }

  @FieldResolver(() => UsageSeries, {
    name: "usageHistory",
    nullable: true,
    description: "Use over time for one feature. Needs a tier with the feature `usage_analytics`.",
  })
  customerUsageHistory(
    @Arg("feature", () => String, { description: "Feature key." }) feature: string,
    @Args(() => UsageSpanArgs) span: UsageSpanArgs,
    @Ctx() context: GraphQLContext,
  ): UsageSeries {
    return seriesOf(context, feature, span);
  }
}

/** Nothing records use yet, so every point is 0: the series has its shape, and its gate, before its data. */
function seriesOf(context: GraphQLContext, key: string, { from, to: end, granularity }: UsageSpanArgs): UsageSeries {
  const to = end ?? context.now();
  const feature = findFeature(context.catalog(), key);
  if (!feature) throw new BillingError("BAD_USER_INPUT", `There is no feature \`${key.slice(0, 64)}\`.`);
  if (from >= to) throw new BillingError("BAD_USER_INPUT", "`from` must be before `to`.");
  const buckets = bucketsOf({ start: from, end: to }, granularity, mostPoints);
  if (!buckets)
    throw new BillingError("BAD_USER_INPUT", `A series has at most ${mostPoints} points; ask for wider ones.`);
  const points = buckets.map((period) => ({ period, quantity: 0 }));
  return { feature: toFeature(feature), total: points.reduce((sum, point) => sum + point.quantity, 0), points };
}
