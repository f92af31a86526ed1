import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { payload } from "../../graphql/user-error.type.js";
import { uuidOf } from "../global-id.js";
import { showSubscription } from "../subscriptions/subscription.resolver.js";
import { actorOf } from "../users/actor.js";
import { adminCancelSubscription } from "./admin-cancellation.service.js";
import { AdminCancelSubscriptionInput, AdminCancelSubscriptionPayload } from "./admin-cancellation.type.js";

@Resolver()
export class AdminCancellationResolver {
  @Mutation(() => AdminCancelSubscriptionPayload, {
    nullable: true,
    description:
      "Stop any subscription, at period end unless asked otherwise; now also one that ends later anyway. A tier that was given is stopped as `IMMEDIATE` only. ADMIN only.",
  })
  adminCancelSubscription(
    @Arg("input", () => AdminCancelSubscriptionInput, { description: "Subscription to stop." })
    { subscriptionId, ...rest }: AdminCancelSubscriptionInput,
    @Ctx() context: GraphQLContext,
  ) {
    const wanted = { ...rest, subscriptionId: uuidOf("BillingSubscription", subscriptionId) };
    return payload(adminCancelSubscription(context, actorOf(context.viewer), wanted), async (acted) => {
      context.loaders.forget();
      return { subscription: await showSubscription(context, acted.subscriptionId) };
    });
  }
}
