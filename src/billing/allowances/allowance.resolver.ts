import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { Tier, toTier } from "../catalog/catalog.type.js";
import { Customer } from "../users/customer.type.js";
import { tierInForce } from "./standing.reading.js";

@Resolver(() => Customer)
export class CustomerTierResolver {
  @FieldResolver(() => Tier, { nullable: true, description: "Tier in force; the free tier when nothing else is." })
  async tier(@Root() { userId }: Customer, @Ctx() context: GraphQLContext): Promise<Tier> {
    return toTier(context.catalog(), await tierInForce(context, userId));
  }
}
