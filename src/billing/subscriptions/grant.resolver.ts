import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { payload } from "../../graphql/user-error.type.js";
import { grantTier } from "../allowances/grant.service.js";
import { uuidOf } from "../global-id.js";
import { actorOf } from "../users/actor.js";
import { AdminGrantTierInput, AdminGrantTierPayload } from "./grant.type.js";
import { showSubscription } from "./subscription.resolver.js";

@Resolver()
export class GrantResolver {
  @Mutation(() => AdminGrantTierPayload, {
    nullable: true,
    description:
      "Give a customer a tier without payment, in place of one that was given before. What they buy stays beside it. ADMIN only.",
  })
  adminGrantTier(
    @Arg("input", () => AdminGrantTierInput, { description: "Tier to give." })
    { customerId, ...wish }: AdminGrantTierInput,
    @Ctx() context: GraphQLContext,
  ) {
    const outcome = grantTier(context, actorOf(context.viewer), { ...wish, userId: uuidOf("Customer", customerId) });
    return payload(outcome, async ({ grantId }) => {
      context.loaders.forget();
      return { subscription: await showSubscription(context, grantId) };
    });
  }
}
