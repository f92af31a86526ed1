import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { checkRange } from "../../graphql/date-time-range.type.js";
import { type Page, PageArgs, readPage } from "../../graphql/pagination.js";
import { Json } from "../../graphql/scalars.js";
import { payload } from "../../graphql/user-error.type.js";
import { uuidOf } from "../global-id.js";
import { actorOf } from "../users/actor.js";
import { Customer, toCustomer } from "../users/customer.type.js";
import { replayWebhookEvent, replayWebhookEvents } from "./replay.service.js";
import { allWebhookEvents } from "./webhook-event.service.js";
import {
  AdminReplayWebhookEventInput,
  AdminReplayWebhookEventPayload,
  AdminReplayWebhookEventsInput,
  AdminReplayWebhookEventsPayload,
  AdminWebhookEvent,
  AdminWebhookEventConnection,
  AdminWebhookEventFilter,
  toWebhookEvent,
} from "./webhook-event.type.js";

@Resolver(() => AdminWebhookEvent)
export class WebhookEventResolver {
  @Query(() => AdminWebhookEventConnection, {
    nullable: true,
    description: "Stripe events received, the newest first. ADMIN only.",
  })
  async adminWebhookEvents(
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => AdminWebhookEventFilter, { nullable: true, description: "Which ones; all when left out." })
    filter: AdminWebhookEventFilter | null,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<AdminWebhookEvent>> {
    checkRange(filter?.receivedAt, "receivedAt");
    return readPage(page, {
      ...(await allWebhookEvents(context, filter)),
      positionOf: ({ position }) => Object.values(position),
      show: ({ row }) => toWebhookEvent(row),
    });
  }

  @FieldResolver(() => Json, { nullable: true, description: "Body as sent; null once its retention has passed." })
  payload(@Root() { rowId }: AdminWebhookEvent, @Ctx() context: GraphQLContext): Promise<unknown> {
    return context.loaders.webhookPayloads.load(rowId);
  }

  @FieldResolver(() => Customer, {
    nullable: true,
    description: "Customer it is about; null where it is about none, or about one that is not on record here.",
  })
  async customer(
    @Root() { stripeCustomerId }: AdminWebhookEvent,
    @Ctx() context: GraphQLContext,
  ): Promise<Customer | null> {
    const user = stripeCustomerId ? await context.loaders.usersByStripeId.load(stripeCustomerId) : undefined;
    return user ? toCustomer(user) : null;
  }

  @Mutation(() => AdminReplayWebhookEventPayload, {
    nullable: true,
    description:
      "Process a stored Stripe event again. One that waits or is being processed stays as it is, and one that nothing is done for is refused. ADMIN only.",
  })
  adminReplayWebhookEvent(
    @Arg("input", () => AdminReplayWebhookEventInput, { description: "Which event." })
    input: AdminReplayWebhookEventInput,
    @Ctx() context: GraphQLContext,
  ) {
    const eventId = uuidOf("AdminWebhookEvent", input.webhookEventId);
    const outcome = replayWebhookEvent(context, actorOf(context.viewer), eventId, input.reason);
    return payload(outcome, (event) => ({ webhookEvent: toWebhookEvent(event) }));
  }

  @Mutation(() => AdminReplayWebhookEventsPayload, {
    nullable: true,
    description:
      "Process every failed event of a span again, or those in other states that the filter names; up to 10,000 in one call, the oldest first. What waits, is being processed, or needs nothing done is left alone. ADMIN only.",
  })
  async adminReplayWebhookEvents(
    @Arg("input", () => AdminReplayWebhookEventsInput, { description: "Which events." })
    { filter, reason }: AdminReplayWebhookEventsInput,
    @Ctx() context: GraphQLContext,
  ) {
    checkRange(filter.receivedAt, "filter.receivedAt");
    const outcome = replayWebhookEvents(context, actorOf(context.viewer), filter, reason);
    // The count is never null, also where nothing was done.
    return { queuedCount: 0, ...(await payload(outcome, (queuedCount) => ({ queuedCount }))) };
  }
}
