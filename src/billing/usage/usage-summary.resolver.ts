import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { Customer } from "../users/customer.type.js";
import { requirePayer } from "../users/payer.js";
import { usageSummariesOf } from "./usage-summary.service.js";
import { toUsageSummary, UsageSummary } from "./usage-summary.type.js";

const features = {
  nullable: true,
  description:
    "Keys of metered features or limits; all that are included or in use when left out. An unknown one is refused.",
};

@Resolver(() => Customer)
export class UsageSummaryResolver {
  @Query(() => [UsageSummary], { nullable: true, description: "Shortcut for `viewer.customer.usage`." })
  usage(
    @Arg("features", () => [String], features) keys: string[] | null,
    @Ctx() context: GraphQLContext,
  ): Promise<UsageSummary[]> {
    return shown(context, requirePayer(context.viewer).userId, keys);
  }

  @FieldResolver(() => [UsageSummary], {
    name: "usage",
    nullable: true,
    description: "Use in the current period, of metered features and of limits.",
  })
  customerUsage(
    @Root() { userId }: Customer,
    @Arg("features", () => [String], features) keys: string[] | null,
    @Ctx() context: GraphQLContext,
  ): Promise<UsageSummary[]> {
    return shown(context, userId, keys);
  }
}

async function shown(context: GraphQLContext, userId: string, keys: string[] | null): Promise<UsageSummary[]> {
  return (await usageSummariesOf(context, userId, keys)).map((state) => toUsageSummary(userId, state));
}
