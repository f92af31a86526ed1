import { Field, InputType, ObjectType, registerEnumType } from "type-graphql";
import { DateTime } from "../../graphql/scalars.js";
import { namesOf, type Refusable, UserError } from "../../graphql/user-error.type.js";
import { cancellationReasons, type CancellationReason as Reason } from "../../stripe/snapshots.js";
import { BillingSubscription } from "../subscriptions/subscription.type.js";
import { cancellationTimings, type CancellationTiming as Timing } from "./cancellation.js";

export const CancellationTiming = namesOf(cancellationTimings);
registerEnumType(CancellationTiming, {
  name: "CancellationTiming",
  description: "When a cancellation takes effect.",
  valuesConfig: {
    IMMEDIATE: {
      description:
        "Now: unused time is credited, if the service is set so, less what was given back of its payments, and never paid back. Nothing is credited while one of them is disputed.",
    },
    PERIOD_END: {
      description: "When the period or trial that runs is over; at once where none runs, as in a pause.",
    },
  },
});

export const CancellationReason = namesOf(cancellationReasons);
registerEnumType(CancellationReason, {
  name: "CancellationReason",
  description: "Why a customer leaves; the same set as Stripe's.",
  valuesConfig: {
    CUSTOMER_SERVICE: { description: "Customer service was less than expected." },
    LOW_QUALITY: { description: "Quality was less than expected." },
    MISSING_FEATURES: { description: "Some features are missing." },
    OTHER: { description: "Another reason." },
    SWITCHED_SERVICE: { description: "They move to another service." },
    TOO_COMPLEX: { description: "It is harder to use than expected." },
    TOO_EXPENSIVE: { description: "It is too expensive." },
    UNUSED: { description: "They do not use it enough." },
  },
});

@InputType({ description: "How to cancel." })
export class CancelSubscriptionInput {
  @Field(() => CancellationTiming, { defaultValue: CancellationTiming.PERIOD_END, description: "When to stop." })
  readonly timing!: Timing;

  @Field(() => CancellationReason, { nullable: true, description: "Why, for churn analysis." })
  readonly reason?: Reason | null;

  @Field(() => String, { nullable: true, description: "Free text, at most 1,000 characters." })
  readonly comment?: string | null;

  @Field(() => String, { nullable: true, description: "Makes a retry safe; a UUID." })
  readonly idempotencyKey?: string | null;
}

@ObjectType({ description: "Outcome." })
export class CancelSubscriptionPayload implements Refusable {
  @Field(() => BillingSubscription, { nullable: true, description: "The subscription as it is now." })
  readonly subscription?: BillingSubscription;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}

@InputType({ description: "Nothing to say yet; kept so that fields can be added." })
export class ResumeSubscriptionInput {
  @Field(() => String, { nullable: true, description: "Makes a retry safe; a UUID." })
  readonly idempotencyKey?: string | null;
}

@ObjectType({ description: "Outcome." })
export class ResumeSubscriptionPayload implements Refusable {
  @Field(() => BillingSubscription, { nullable: true, description: "The subscription as it is now." })
  readonly subscription?: BillingSubscription;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}

@InputType({ description: "How long to pause." })
export class PauseSubscriptionInput {
  @Field(() => DateTime, { nullable: true, description: "When to go on by itself; never when left out." })
  readonly resumesAt?: Date | null;

  @Field(() => String, { nullable: true, description: "Makes a retry safe; a UUID." })
  readonly idempotencyKey?: string | null;
}

@ObjectType({ description: "Outcome." })
export class PauseSubscriptionPayload implements Refusable {
  @Field(() => BillingSubscription, { nullable: true, description: "The subscription as it is now." })
  readonly subscription?: BillingSubscription;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}
