import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { payload } from "../../graphql/user-error.type.js";
import { uuidOf } from "../global-id.js";
import { actorOf } from "../users/actor.js";
import { findSubscriptionById } from "./subscription.service.js";
import { toSubscription } from "./subscription.type.js";
import { extendTrial } from "./trial-end.service.js";
import { AdminExtendTrialInput, AdminExtendTrialPayload } from "./trial-end.type.js";

@Resolver()
export class TrialEndResolver {
  @Mutation(() => AdminExtendTrialPayload, {
    nullable: true,
    description: "Lengthen or shorten a running trial. ADMIN only.",
  })
  adminExtendTrial(
    @Arg("input", () => AdminExtendTrialInput, { description: "Trial to change." })
    { subscriptionId, ...wish }: AdminExtendTrialInput,
    @Ctx() context: GraphQLContext,
  ) {
    const wanted = { ...wish, subscriptionId: uuidOf("BillingSubscription", subscriptionId) };
    return payload(extendTrial(context, actorOf(context.viewer), wanted), async ({ subscriptionId: id }) => {
      context.loaders.forget();
      const row = await findSubscriptionById(context, id);
      if (!row) throw new Error(`Subscription ${id} was answered and has no row.`);
      return { subscription: toSubscription(row) };
    });
  }
}
