import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { payload } from "../../graphql/user-error.type.js";
import { showSubscription } from "../subscriptions/subscription.resolver.js";
import { requirePayer } from "../users/payer.js";
import { type Acted, cancelSubscription } from "./cancellation.service.js";
import {
  CancelSubscriptionInput,
  CancelSubscriptionPayload,
  PauseSubscriptionInput,
  PauseSubscriptionPayload,
  ResumeSubscriptionInput,
  ResumeSubscriptionPayload,
} from "./course.type.js";
import { pauseSubscription } from "./pause.service.js";
import { resumeSubscription } from "./resumption.service.js";

@Resolver()
export class CourseResolver {
  @Mutation(() => CancelSubscriptionPayload, {
    nullable: true,
    description:
      "Stop the subscription, at period end unless asked otherwise. A change of plan that waits is dropped. Stopped at once, it owes nothing for time that it will not have.",
  })
  cancelSubscription(
    @Arg("input", () => CancelSubscriptionInput, { description: "How to cancel." }) input: CancelSubscriptionInput,
    @Ctx() context: GraphQLContext,
  ) {
    const { userId } = requirePayer(context.viewer);
    return payload(cancelSubscription(context, userId, input), show(context));
  }

  @Mutation(() => ResumeSubscriptionPayload, {
    nullable: true,
    description:
      "Undo a cancellation that has not taken effect, or end a pause: then a new period begins and is charged now, less what credit there is.",
  })
  resumeSubscription(
    @Arg("input", () => ResumeSubscriptionInput, { description: "Nothing to say yet." })
    { idempotencyKey }: ResumeSubscriptionInput,
    @Ctx() context: GraphQLContext,
  ) {
    const { userId } = requirePayer(context.viewer);
    return payload(resumeSubscription(context, userId, idempotencyKey), show(context));
  }

  @Mutation(() => PauseSubscriptionPayload, {
    nullable: true,
    description:
      "Stop charging and granting for a while. The period ends now, and what is not used of it becomes credit, less what was given back of its payments; nothing does while one of them is disputed. A change of plan that waits is dropped.",
  })
  pauseSubscription(
    @Arg("input", () => PauseSubscriptionInput, { description: "How long to pause." }) input: PauseSubscriptionInput,
    @Ctx() context: GraphQLContext,
  ) {
    const { userId } = requirePayer(context.viewer);
    return payload(pauseSubscription(context, userId, input), show(context));
  }
}

function show(context: GraphQLContext) {
  return async ({ subscriptionId }: Acted) => {
    context.loaders.forget();
    return { subscription: await showSubscription(context, subscriptionId) };
  };
}
