import { Ctx, Field, Int, ObjectType, Query, Resolver } from "type-graphql";
import type { GraphQLContext } from "./context.js";

@ObjectType({ description: "The caller's request budget; `extensions.cost` carries the same on every response." })
export class RateLimit {
  @Field(() => Int, { description: "Points this operation cost." })
  readonly cost!: number;

  @Field(() => Int, { description: "Points the bucket holds." })
  readonly limit!: number;

  @Field(() => Int, { description: "Points left." })
  readonly remaining!: number;

  @Field(() => Int, { description: "Points restored each second." })
  readonly restoreRate!: number;
}

@Resolver()
export class RateLimitResolver {
  @Query(() => RateLimit, {
    nullable: true,
    description: "The caller's budget after this operation, by token or else by address; null where there is no limit.",
  })
  rateLimit(@Ctx() { budget: { charge } }: GraphQLContext): RateLimit | null {
    if (!charge?.verdict) return null;
    const { bucket, remaining } = charge.verdict;
    return { cost: charge.points, limit: bucket.capacity, remaining, restoreRate: bucket.perSecond };
  }
}
