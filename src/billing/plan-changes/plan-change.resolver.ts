import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { payload } from "../../graphql/user-error.type.js";
import { keyOf } from "../global-id.js";
import { showSubscription } from "../subscriptions/subscription.resolver.js";
import { requirePayer } from "../users/payer.js";
import { cancelPendingPlanChange, changePlan, previewPlanChange } from "./plan-change.service.js";
import {
  CancelPendingPlanChangeInput,
  CancelPendingPlanChangePayload,
  ChangePlanInput,
  ChangePlanPayload,
  PlanChangePreview,
  PreviewPlanChangeInput,
  toBlockedPreview,
  toPreview,
} from "./plan-change.type.js";

@Resolver()
export class PlanChangeResolver {
  @Query(() => PlanChangePreview, { nullable: true, description: "Price a plan change before making it." })
  async previewPlanChange(
    @Arg("input", () => PreviewPlanChangeInput, { description: "Which change to price." })
    { priceId, ...wish }: PreviewPlanChangeInput,
    @Ctx() context: GraphQLContext,
  ): Promise<PlanChangePreview> {
    const { userId } = requirePayer(context.viewer);
    const preview = await previewPlanChange(context, userId, { ...wish, priceId: keyOf("TierPrice", priceId) });
    return preview.value ? toPreview(context.catalog(), preview.value) : toBlockedPreview(preview.refusals);
  }

  @Mutation(() => ChangePlanPayload, { nullable: true, description: "Move the subscription to another price." })
  changePlan(
    @Arg("input", () => ChangePlanInput, { description: "Which plan to move to." })
    { priceId, ...wish }: ChangePlanInput,
    @Ctx() context: GraphQLContext,
  ) {
    const { userId } = requirePayer(context.viewer);
    const outcome = changePlan(context, userId, { ...wish, priceId: keyOf("TierPrice", priceId) });
    return payload(outcome, async ({ subscriptionId, confirmationUrl }) => ({
      subscription: await showSubscription(context, subscriptionId),
      confirmationUrl,
    }));
  }

  @Mutation(() => CancelPendingPlanChangePayload, {
    nullable: true,
    description: "Drop a change that has not taken effect.",
  })
  cancelPendingPlanChange(
    @Arg("input", () => CancelPendingPlanChangeInput, { description: "Nothing to say yet." })
    { idempotencyKey }: CancelPendingPlanChangeInput,
    @Ctx() context: GraphQLContext,
  ) {
    const { userId } = requirePayer(context.viewer);
    return payload(cancelPendingPlanChange(context, userId, idempotencyKey), async ({ subscriptionId }) => ({
      subscription: await showSubscription(context, subscriptionId),
    }));
  }
}
