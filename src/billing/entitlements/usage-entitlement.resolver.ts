import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import type { Standing } from "../allowances/allowance.js";
import { readStanding } from "../allowances/standing.reading.js";
import { findFeature } from "../catalog/catalog.js";
import { UsageEventResult } from "../usage/record-usage.type.js";
import { SettleUsagePayload } from "../usage/reservation.type.js";
import { entitlementOf } from "./entitlement.js";
import { Entitlement, toEntitlement } from "./entitlement.type.js";

@Resolver(() => UsageEventResult)
export class UsageEntitlementResolver {
  @FieldResolver(() => Entitlement, {
    nullable: true,
    description:
      "State after it; of an event that had been counted before, the state now. Null for an unknown feature.",
  })
  entitlement(@Root() { userId, standing }: UsageEventResult, @Ctx() context: GraphQLContext): Entitlement | null {
    return standing && shown(context, userId, standing);
  }
}

@Resolver(() => SettleUsagePayload)
export class SettledEntitlementResolver {
  @FieldResolver(() => Entitlement, { nullable: true, description: "State after it; null when refused." })
  async entitlement(
    @Root() { reservation }: SettleUsagePayload,
    @Ctx() context: GraphQLContext,
  ): Promise<Entitlement | null> {
    if (!reservation) return null;
    const { userId, featureKey } = reservation.row;
    const standing = await readStanding(context, userId, featureKey);
    return standing ? shown(context, userId, standing) : null;
  }
}

function shown(context: GraphQLContext, userId: string, standing: Standing): Entitlement | null {
  const feature = findFeature(context.catalog(), standing.featureKey);
  return feature ? toEntitlement(userId, entitlementOf(feature, standing)) : null;
}
