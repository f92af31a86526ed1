import { Ctx, FieldResolver, Query, Resolver, Root, Subscription } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { findGrant } from "../allowances/grant.service.js";
import { findPrice, findTier, freeTier } from "../catalog/catalog.js";
import { Tier, TierPrice, toTier, toTierPrice } from "../catalog/catalog.type.js";
import { Customer, toCustomer } from "../users/customer.type.js";
import { requirePayer } from "../users/payer.js";
import { subscriptionOf, toGranted } from "./granted.js";
import { subscriptionUpdates } from "./subscription.live.js";
import { findSubscriptionById } from "./subscription.service.js";
import { BillingSubscription, CurrentSubscriptionUpdatedEvent, toSubscription } from "./subscription.type.js";

@Resolver(() => BillingSubscription)
export class SubscriptionResolver {
  @Query(() => BillingSubscription, { nullable: true, description: "Shortcut for `viewer.customer.subscription`." })
  currentSubscription(@Ctx() context: GraphQLContext): Promise<BillingSubscription | null> {
    return subscriptionOf(context, requirePayer(context.viewer).userId);
  }

  @FieldResolver(() => Tier, { description: "Tier in force." })
  tier(@Root() { row }: BillingSubscription, @Ctx() context: GraphQLContext): Tier {
    const catalog = context.catalog();
    // At a price that the catalog never knew, nothing but the free tier is granted; `subscription.sync.ts` reports it.
    return toTier(catalog, findTier(catalog, row.tierSlug ?? "") ?? freeTier(catalog));
  }

  @FieldResolver(() => TierPrice, { nullable: true, description: "Price in force; null for a granted tier." })
  price(@Root() { row }: BillingSubscription, @Ctx() context: GraphQLContext): TierPrice | null {
    const price = row.priceId ? findPrice(context.catalog(), row.priceId) : undefined;
    return price ? toTierPrice(context.catalog(), price) : null;
  }

  @FieldResolver(() => Customer, { description: "The account it belongs to." })
  async customer(@Root() { row }: BillingSubscription, @Ctx() context: GraphQLContext): Promise<Customer> {
    const user = await context.loaders.users.load(row.userId);
    if (!user) throw new Error(`Subscription ${row.id} belongs to a user without a row.`);
    return toCustomer(user);
  }

  @Subscription(() => CurrentSubscriptionUpdatedEvent, {
    nullable: true,
    description: "Any change to the caller's subscription.",
    subscribe: ({ context }: { context: GraphQLContext }) => subscriptionUpdates(context),
  })
  currentSubscriptionUpdated(@Root() event: CurrentSubscriptionUpdatedEvent): CurrentSubscriptionUpdatedEvent {
    return event;
  }
}

@Resolver(() => Customer)
export class CustomerSubscriptionResolver {
  @FieldResolver(() => BillingSubscription, {
    nullable: true,
    description: "The running subscription, or the last one; null when there never was one.",
  })
  subscription(@Root() { userId }: Customer, @Ctx() context: GraphQLContext): Promise<BillingSubscription | null> {
    return subscriptionOf(context, userId);
  }
}

/** The subscription that a mutation has changed, bought or given, as it is now. */
export async function showSubscription(context: GraphQLContext, id: string): Promise<BillingSubscription> {
  const row = await findSubscriptionById(context, id);
  if (row) return toSubscription(row);
  const grant = await findGrant(context, id);
  if (!grant) throw new Error(`Subscription ${id} was answered and has no row.`);
  return toGranted(grant, context.now());
}
