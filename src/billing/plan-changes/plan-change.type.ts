import { Field, ID, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { Money, money } from "../../graphql/money.type.js";
import { DateTime, Url } from "../../graphql/scalars.js";
import { namesOf, type Refusable, UserError } from "../../graphql/user-error.type.js";
import type { Catalog } from "../catalog/catalog.js";
import { TierFeature, toTierFeature } from "../catalog/catalog.type.js";
import { InvoiceLine } from "../history/history.type.js";
import { BillingSubscription } from "../subscriptions/subscription.type.js";
import type { Offer } from "./plan-change.service.js";
import {
  type PlanChangeDirection as Direction,
  featuresGained,
  planChangeDirections,
  planChangeTimings,
} from "./plan-step.js";

export const PlanChangeDirection = namesOf(planChangeDirections);
registerEnumType(PlanChangeDirection, {
  name: "PlanChangeDirection",
  description: "How the new plan compares with the old.",
  valuesConfig: {
    DOWNGRADE: { description: "To a lesser tier, fewer seats, or a shorter interval." },
    SIDEWAYS: { description: "To another price of the same tier, seats and interval." },
    UPGRADE: { description: "To a better tier, more seats, or a longer interval." },
  },
});

export const PlanChangeTiming = namesOf(planChangeTimings);
registerEnumType(PlanChangeTiming, {
  name: "PlanChangeTiming",
  description:
    "When a plan change takes effect; AUTOMATIC is at once for an upgrade and at period end for a downgrade.",
  valuesConfig: {
    AUTOMATIC: { description: "A downgrade when the period ends, everything else now." },
    IMMEDIATE: { description: "Now: unused time is credited, and what is due is charged at once." },
    PERIOD_END: { description: "When the running period ends." },
  },
});

@InputType({ description: "Which change to price." })
export class PreviewPlanChangeInput {
  @Field(() => ID, { description: "Price to move to." })
  readonly priceId!: string;

  @Field(() => Int, { nullable: true, description: "Seats to move to; unchanged when left out." })
  readonly quantity?: number | null;

  @Field(() => PlanChangeTiming, { defaultValue: PlanChangeTiming.AUTOMATIC, description: "When to move." })
  readonly timing!: keyof typeof PlanChangeTiming;

  @Field(() => String, { nullable: true, description: "Promotion code; takes the place of the discount in force." })
  readonly promotionCode?: string | null;
}

@ObjectType({ description: "What a plan change would cost. Nothing is charged." })
export class PlanChangePreview {
  @Field(() => String, {
    nullable: true,
    description:
      "Pass it to `changePlan` within 15 minutes to be charged exactly this; refused with PREVIEW_STALE once it no longer holds. Null when there are blockers.",
  })
  readonly token!: string | null;

  @Field(() => PlanChangeDirection, {
    nullable: true,
    description: "Whether it is an upgrade, a downgrade or a sideways move; null when there are blockers.",
  })
  readonly direction!: Direction | null;

  @Field(() => Money, {
    nullable: true,
    description: "Due at once, after the customer's credit; negative when credited; null when there are blockers.",
  })
  readonly dueNow!: Money | null;

  @Field(() => [InvoiceLine], { description: "Lines of the amount due at once." })
  readonly lines!: InvoiceLine[];

  @Field(() => Money, { nullable: true, description: "What each later period costs; null when there are blockers." })
  readonly recurring!: Money | null;

  @Field(() => DateTime, { nullable: true, description: "When it would take effect; null when there are blockers." })
  readonly effectiveAt!: Date | null;

  @Field(() => [TierFeature], { description: "Features that would be gained, as the tier moved to includes them." })
  readonly gained!: TierFeature[];

  @Field(() => [TierFeature], {
    description: "Features that would be lost or shrink, as the tier moved to includes them.",
  })
  readonly lost!: TierFeature[];

  @Field(() => [UserError], { description: "Why `changePlan` would refuse; empty when it would not." })
  readonly blockers!: readonly UserError[];
}

const nothing = { token: null, direction: null, dueNow: null, lines: [], recurring: null, effectiveAt: null };

/** A preview of what cannot be. */
export function toBlockedPreview(blockers: readonly UserError[]): PlanChangePreview {
  return { ...nothing, gained: [], lost: [], blockers };
}

/** A preview of a change that may be made. */
export function toPreview(catalog: Catalog, { change, quote, token }: Offer): PlanChangePreview {
  const { from, to, direction, effectiveAt } = change;
  const { currency } = to.price;
  const asIncluded = (keys: readonly string[]) =>
    catalog.features.filter(({ key }) => keys.includes(key)).map((feature) => toTierFeature(catalog, to.tier, feature));
  return {
    token,
    direction,
    dueNow: money(quote.dueNow, currency),
    lines: quote.lines.map((line) => ({ ...line, amount: money(line.amount, currency) })),
    recurring: money(quote.recurring, currency),
    effectiveAt,
    gained: asIncluded(featuresGained(catalog, from.tier, to.tier)),
    lost: asIncluded(featuresGained(catalog, to.tier, from.tier)),
    blockers: [],
  };
}

@InputType({ description: "Which plan to move to." })
export class ChangePlanInput {
  @Field(() => ID, { description: "Price to move to." })
  readonly priceId!: string;

  @Field(() => String, { nullable: true, description: "Token of the preview that the customer agreed to." })
  readonly previewToken?: string | null;

  @Field(() => String, { nullable: true, description: "Promotion code; takes the place of the discount in force." })
  readonly promotionCode?: string | null;

  @Field(() => Int, { nullable: true, description: "Seats; unchanged when left out." })
  readonly quantity?: number | null;

  @Field(() => PlanChangeTiming, { defaultValue: PlanChangeTiming.AUTOMATIC, description: "When to move." })
  readonly timing!: keyof typeof PlanChangeTiming;

  @Field(() => String, { nullable: true, description: "Makes a retry safe; a UUID." })
  readonly idempotencyKey?: string | null;
}

@ObjectType({ description: "Outcome." })
export class ChangePlanPayload implements Refusable {
  @Field(() => BillingSubscription, { nullable: true, description: "The subscription as it is now." })
  readonly subscription?: BillingSubscription;

  @Field(() => Url, {
    nullable: true,
    description:
      "Page where the customer must confirm the payment; null when none is needed. The change takes effect then, or lapses after at most 23 hours.",
  })
  readonly confirmationUrl?: string | null;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}

@InputType({ description: "Nothing to say yet; kept so that fields can be added." })
export class CancelPendingPlanChangeInput {
  @Field(() => String, { nullable: true, description: "Makes a retry safe; a UUID." })
  readonly idempotencyKey?: string | null;
}

@ObjectType({ description: "Outcome." })
export class CancelPendingPlanChangePayload implements Refusable {
  @Field(() => BillingSubscription, { nullable: true, description: "The subscription as it is now." })
  readonly subscription?: BillingSubscription;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}
