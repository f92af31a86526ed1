import { Field, ID, InputType, ObjectType } from "type-graphql";
import { type Refusable, UserError } from "../../graphql/user-error.type.js";
import { BillingSubscription } from "../subscriptions/subscription.type.js";
import type { CancellationTiming as Timing } from "./cancellation.js";
import { CancellationTiming } from "./course.type.js";

@InputType({ description: "Subscription to stop." })
export class AdminCancelSubscriptionInput {
  @Field(() => ID, { description: "Subscription, bought or given." })
  readonly subscriptionId!: string;

  @Field(() => CancellationTiming, {
    defaultValue: CancellationTiming.PERIOD_END,
    description:
      "When. A tier that was given has no paid period: at `PERIOD_END` it ends by itself, which is `ALREADY_CANCELED`, or never, which is `INVALID_INPUT`.",
  })
  readonly timing!: Timing;

  @Field(() => String, { description: "Why; goes into the audit log." })
  readonly reason!: string;

  @Field(() => String, { nullable: true, description: "Makes a retry safe; a UUID." })
  readonly idempotencyKey?: string | null;
}

@ObjectType({ description: "Outcome." })
export class AdminCancelSubscriptionPayload implements Refusable {
  @Field(() => BillingSubscription, { nullable: true, description: "As it is now." })
  readonly subscription?: BillingSubscription;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}
