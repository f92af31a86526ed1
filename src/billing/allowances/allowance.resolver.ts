import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { Tier, toTier } from "../catalog/catalog.type.js";
import { Customer } from "../users/customer.type.js";
import { tierInForce } from "./allowance.js";
import { holderOf } from "./holder.js";

@Resolver(() => Customer)
export class CustomerTierResolver {
  @FieldResolver(() => Tier, { nullable: true, description: "Tier in force; the free tier when nothing else is." })
  async tier(@Root() { userId }: Customer, @Ctx() context: GraphQLContext): Promise<Tier> {
    const catalog = context.catalog();
    return toTier(catalog, tierInForce(catalog, await holderOf(context, userId)).tier);
  }
}
