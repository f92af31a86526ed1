import { Field, ID, InputType, ObjectType } from "type-graphql";
import { DateTime } from "../../graphql/scalars.js";
import { type Refusable, UserError } from "../../graphql/user-error.type.js";
import { BillingSubscription } from "./subscription.type.js";

@InputType({ description: "Trial to change." })
export class AdminExtendTrialInput {
  @Field(() => ID, { description: "Subscription." })
  readonly subscriptionId!: string;

  @Field(() => DateTime, { description: "When the trial ends now: in the future, at most 730 days ahead." })
  readonly trialEndsAt!: Date;

  @Field(() => String, { description: "Why; goes into the audit log." })
  readonly reason!: string;

  @Field(() => String, { nullable: true, description: "Makes a retry safe; a UUID." })
  readonly idempotencyKey?: string | null;
}

@ObjectType({ description: "Outcome." })
export class AdminExtendTrialPayload implements Refusable {
  @Field(() => BillingSubscription, { nullable: true, description: "As it is now; null when refused." })
  readonly subscription?: BillingSubscription;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}
