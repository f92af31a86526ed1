import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, Query, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { DateTime } from "../../graphql/scalars.js";
import { Customer } from "../users/customer.type.js";
import { requirePayer } from "../users/payer.js";
import { Granularity, UsageSeries } from "./usage.type.js";
import { type AskedSeries, usageSeriesOf } from "./usage-history.service.js";
import type { Granularity as GranularityName } from "./usage-series.js";

@ArgsType()
class UsageSpanArgs implements AskedSeries {
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
  ): Promise<UsageSeries> {
    return usageSeriesOf(context, requirePayer(context.viewer).userId, feature, span);
  }

  @FieldResolver(() => UsageSeries, {
    name: "usageHistory",
    nullable: true,
    description: "Use over time for one feature. Needs a tier with the feature `usage_analytics`.",
  })
  customerUsageHistory(
    @Root() { userId }: Customer,
    @Arg("feature", () => String, { description: "Feature key." }) feature: string,
    @Args(() => UsageSpanArgs) span: UsageSpanArgs,
    @Ctx() context: GraphQLContext,
  ): Promise<UsageSeries> {
    return usageSeriesOf(context, userId, feature, span);
  }
}
