import { Field, ObjectType, registerEnumType } from "type-graphql";
import { Money, money } from "../../graphql/money.type.js";
import { DateTime, Decimal } from "../../graphql/scalars.js";
import { namesOf } from "../../graphql/user-error.type.js";
import { type Catalog, findPriceByStripeId, findTier } from "../catalog/catalog.js";
import { Tier, TierPrice, toTier, toTierPrice } from "../catalog/catalog.type.js";
import { hasStopped } from "./subscription.js";
import type { DiscountRow, PendingChangeRow } from "./subscription.table.js";
import { subscriptionActions } from "./subscription-actions.js";

export const SubscriptionAction = namesOf(subscriptionActions);
registerEnumType(SubscriptionAction, {
  name: "SubscriptionAction",
  description: "A mutation that would now be accepted.",
  valuesConfig: {
    CANCEL: { description: "`cancelSubscription`: stop it." },
    CANCEL_PENDING_CHANGE: {
      description: "`cancelPendingPlanChange`: drop a change that waits for its date, or for its payment.",
    },
    CHANGE_PLAN: { description: "`changePlan`: move to another price." },
    OPEN_PORTAL: { description: "`createPortalSession`: open Stripe's customer portal." },
    PAUSE: { description: "`pauseSubscription`: stop charging and granting for a while." },
    RESUME: { description: "`resumeSubscription`: take back a cancellation, or end a pause." },
    UPDATE_PAYMENT_METHOD: {
      description: "`createPortalSession` with the flow `PAYMENT_METHOD`: leave another card to be charged.",
    },
  },
});

@ObjectType({ description: "A plan change that waits for its date." })
export class PendingPlanChange {
  @Field(() => TierPrice, {
    nullable: true,
    description: "Price it moves to; null when it moves to a tier without one.",
  })
  readonly price!: TierPrice | null;

  @Field(() => Tier, { description: "Tier it moves to." })
  readonly tier!: Tier;

  @Field(() => DateTime, {
    description: "When it takes effect; of one whose payment waits to be confirmed, when it lapses.",
  })
  readonly effectiveAt!: Date;
}

/** A change as the API shows it; null for one to a price that the catalog has never seen. */
export function toPendingChange(catalog: Catalog, change: PendingChangeRow | null): PendingPlanChange | null {
  const price = change && findPriceByStripeId(catalog, change.stripePriceId, change.currency);
  const tier = price && findTier(catalog, price.tierSlug);
  if (!change || !price || !tier) return null;
  const effectiveAt = new Date(change.effectiveAt);
  return { price: toTierPrice(catalog, price), tier: toTier(catalog, tier), effectiveAt };
}

@ObjectType({ description: "A reduction of the amount charged." })
export class Discount {
  @Field(() => String, { description: "Code that was typed, or the reduction's name." })
  readonly name!: string;

  @Field(() => Decimal, { nullable: true, description: "Percent off; null when an amount is." })
  readonly percentOff!: string | null;

  @Field(() => Money, { nullable: true, description: "Amount off; null when a percentage is." })
  readonly amountOff!: Money | null;

  @Field(() => DateTime, { nullable: true, description: "When it stops; null when it lasts." })
  readonly endsAt!: Date | null;
}

/** A discount as the API shows it; null for one that has stopped by now. */
export function toDiscount(discount: DiscountRow | null, now: Date): Discount | null {
  if (!discount || hasStopped(discount, now)) return null;
  const { name, percentOff, amountOff, currency, endsAt } = discount;
  return {
    name,
    percentOff: percentOff === null ? null : String(percentOff),
    amountOff: amountOff === null ? null : money(amountOff, currency),
    endsAt: endsAt === null ? null : new Date(endsAt),
  };
}
