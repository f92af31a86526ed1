import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { payload } from "../../graphql/user-error.type.js";
import { overrideEntitlement } from "../allowances/override.service.js";
import { uuidOf } from "../global-id.js";
import { actorOf } from "../users/actor.js";
import { entitlementFor } from "./entitlement.service.js";
import { toEntitlement } from "./entitlement.type.js";
import { AdminOverrideEntitlementInput, AdminOverrideEntitlementPayload } from "./override.type.js";

@Resolver()
export class OverrideResolver {
  @Mutation(() => AdminOverrideEntitlementPayload, {
    nullable: true,
    description:
      "Set or clear one customer's limit for one feature. It is absolute: it holds in place of whatever their tiers give. ADMIN only.",
  })
  adminOverrideEntitlement(
    @Arg("input", () => AdminOverrideEntitlementInput, { description: "Limit to set." })
    input: AdminOverrideEntitlementInput,
    @Ctx() context: GraphQLContext,
  ) {
    const { customerId, override, ...rest } = input;
    const wanted = { ...rest, userId: uuidOf("Customer", customerId), override: override ?? null };
    const outcome = overrideEntitlement(context, actorOf(context.viewer), wanted);
    return payload(outcome, async ({ userId, featureKey }) => {
      context.loaders.forget();
      return { entitlement: toEntitlement(userId, await entitlementFor(context, userId, featureKey)) };
    });
  }
}
