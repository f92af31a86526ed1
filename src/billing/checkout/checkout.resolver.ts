import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { payload } from "../../graphql/user-error.type.js";
import { keyOf, uuidOf } from "../global-id.js";
import { BillingSubscription, toSubscription } from "../subscriptions/subscription.type.js";
import { payerFor } from "../users/payer.js";
import { checkoutsOf } from "../users/reach.js";
import { checkoutUpdates } from "./checkout.live.js";
import { readCheckout } from "./checkout.reading.js";
import { createCheckoutSession, findStartedCheckout } from "./checkout.service.js";
import {
  CheckoutSession,
  CreateCheckoutSessionInput,
  CreateCheckoutSessionPayload,
  CreatePortalSessionInput,
  CreatePortalSessionPayload,
  toCheckoutSession,
} from "./checkout.type.js";
import { createPortalSession } from "./portal.service.js";

@Resolver(() => CheckoutSession)
export class CheckoutResolver {
  @Query(() => CheckoutSession, {
    nullable: true,
    description:
      "A checkout the caller started; poll it on the return page when no subscription is open. A service or an admin may read any.",
  })
  async checkoutSession(
    @Arg("id", () => ID, { description: "Global ID; the return URL carries it as `checkout_session`." }) id: string,
    @Ctx() context: GraphQLContext,
  ): Promise<CheckoutSession | null> {
    const checkoutId = uuidOf("CheckoutSession", id);
    if (!checkoutId) return null;
    // Reading may put a purchase in force: what the same operation asks beside it must show that.
    const row = await context.loaders.readAfter(readCheckout(context, checkoutsOf(context.viewer), checkoutId));
    return row ? toCheckoutSession(row) : null;
  }

  @FieldResolver(() => BillingSubscription, { nullable: true, description: "What came of it; null until `COMPLETE`." })
  async subscription(
    @Root() { subscriptionId }: CheckoutSession,
    @Ctx() context: GraphQLContext,
  ): Promise<BillingSubscription | null> {
    const row = subscriptionId ? await context.loaders.subscriptionsById.load(subscriptionId) : undefined;
    return row ? toSubscription(row) : null;
  }

  @Mutation(() => CreateCheckoutSessionPayload, {
    nullable: true,
    description: "Start a Stripe Checkout for a price.",
  })
  createCheckoutSession(
    @Arg("input", () => CreateCheckoutSessionInput, { description: "What to buy." }) input: CreateCheckoutSessionInput,
    @Ctx() context: GraphQLContext,
  ) {
    const { externalCustomerId, ...order } = input;
    const payer = payerFor(context.viewer, externalCustomerId);
    if (!payer.value) return { userErrors: payer.refusals };
    const { userId } = payer.value;
    const outcome = createCheckoutSession(context, payer.value, {
      ...order,
      priceId: keyOf("TierPrice", order.priceId),
    });
    return payload(outcome, async ({ checkoutId }) => ({
      checkoutSession: toCheckoutSession(await findStartedCheckout(context, userId, checkoutId)),
    }));
  }

  @Mutation(() => CreatePortalSessionPayload, { nullable: true, description: "Open Stripe's customer portal." })
  createPortalSession(
    @Arg("input", () => CreatePortalSessionInput, { description: "Where the portal leads back to." })
    input: CreatePortalSessionInput,
    @Ctx() context: GraphQLContext,
  ) {
    const payer = payerFor(context.viewer, input.externalCustomerId);
    if (!payer.value) return { userErrors: payer.refusals };
    return payload(createPortalSession(context, payer.value, input), (portal) => portal);
  }

  @Subscription(() => CheckoutSession, {
    nullable: true,
    description: "One checkout, until it is `COMPLETE` or `EXPIRED`. Sends its present state first.",
    subscribe: ({ args, context }: { args: { id: string }; context: GraphQLContext }) =>
      checkoutUpdates(context, uuidOf("CheckoutSession", args.id)),
  })
  checkoutSessionUpdated(
    @Root() session: CheckoutSession | null,
    @Arg("id", () => ID, { description: "Global ID of the checkout." }) _id: string,
  ): CheckoutSession | null {
    return session;
  }
}
