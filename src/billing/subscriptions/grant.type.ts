import { Field, ID, InputType, ObjectType } from "type-graphql";
import { DateTime } from "../../graphql/scalars.js";
import { type Refusable, UserError } from "../../graphql/user-error.type.js";
import { BillingSubscription } from "./subscription.type.js";

@InputType({ description: "Tier to give." })
export class AdminGrantTierInput {
  @Field(() => ID, { description: "Customer." })
  readonly customerId!: string;

  @Field(() => String, { description: "Tier slug." })
  readonly tier!: string;

  @Field(() => DateTime, { nullable: true, description: "When it ends; never when left out." })
  readonly endsAt?: Date | null;

  @Field(() => String, { description: "Why; goes into the audit log." })
  readonly reason!: string;

  @Field(() => String, { nullable: true, description: "Makes a retry safe; a UUID." })
  readonly idempotencyKey?: string | null;
}

@ObjectType({ description: "Outcome." })
export class AdminGrantTierPayload implements Refusable {
  @Field(() => BillingSubscription, {
    nullable: true,
    description: "The subscription that came of it; null when refused.",
  })
  readonly subscription?: BillingSubscription;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}
