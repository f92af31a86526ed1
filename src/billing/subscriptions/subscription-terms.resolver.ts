import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { DateTime } from "../../graphql/scalars.js";
import { tieredMomentOf } from "../moment.js";
import { ownPayer } from "../users/payer.js";
import { mayActFor } from "../users/reach.js";
import { graceEndOf, isEntitling } from "./subscription.js";
import { BillingSubscription } from "./subscription.type.js";
import {
  type SubscriptionAction as Action,
  availableActions,
  hasPendingChange,
  isByPortal,
} from "./subscription-actions.js";
import {
  Discount,
  PendingPlanChange,
  SubscriptionAction,
  toDiscount,
  toPendingChange,
} from "./subscription-terms.type.js";

/** What of a subscription depends on the moment, on the catalog or on who asks. */
@Resolver(() => BillingSubscription)
export class SubscriptionTermsResolver {
  @FieldResolver(() => Boolean, {
    description: "Whether it grants its tier's features right now, grace period included.",
  })
  isEntitling(@Root() { row }: BillingSubscription, @Ctx() context: GraphQLContext): boolean {
    return isEntitling(row, tieredMomentOf(context));
  }

  @FieldResolver(() => DateTime, {
    nullable: true,
    description:
      "When features are lost if a failed payment is not put right, or since when they are; null while nothing is overdue.",
  })
  graceEndsAt(@Root() { row }: BillingSubscription, @Ctx() context: GraphQLContext): Date | null {
    return graceEndOf(row, tieredMomentOf(context));
  }

  @FieldResolver(() => PendingPlanChange, {
    nullable: true,
    description: "A change already agreed that has not taken effect.",
  })
  pendingChange(@Root() { row }: BillingSubscription, @Ctx() context: GraphQLContext): PendingPlanChange | null {
    return hasPendingChange(row) ? toPendingChange(context.catalog(), row.pendingChange) : null;
  }

  @FieldResolver(() => Discount, { nullable: true, description: "Discount in force; null without one." })
  discount(@Root() { row }: BillingSubscription, @Ctx() context: GraphQLContext): Discount | null {
    return toDiscount(row.discount, context.now());
  }

  @FieldResolver(() => [SubscriptionAction], {
    description:
      "What the viewer may do now; drive buttons from this, not from `status`. Empty for who may not manage the account's billing.",
  })
  availableActions(@Root() { row, origin }: BillingSubscription, @Ctx() { viewer }: GraphQLContext): Action[] {
    if (!viewer || !mayActFor(viewer, row.userId)) return [];
    // Of what was given there is nothing to cancel or to pay: the account is as one without a subscription.
    const actions = availableActions(origin === "GRANT" ? undefined : row);
    // The host product's back end opens the portal for its customers; the rest is for them to do.
    return ownPayer(viewer)?.userId === row.userId ? actions : actions.filter(isByPortal);
  }
}
