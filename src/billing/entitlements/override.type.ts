import { Field, ID, InputType, ObjectType } from "type-graphql";
import { DateTime, SafeInt } from "../../graphql/scalars.js";
import { type Refusable, UserError } from "../../graphql/user-error.type.js";
import type { OverrideSetting } from "../allowances/override.service.js";
import { Entitlement } from "./entitlement.type.js";

@InputType({ description: "What to allow in place of the tier's setting." })
export class EntitlementOverrideInput implements OverrideSetting {
  @Field(() => Boolean, { description: "Whether to allow it at all." })
  readonly isIncluded!: boolean;

  @Field(() => SafeInt, { nullable: true, description: "Quantity; unlimited when left out. Switches have none." })
  readonly limit?: number | null;

  @Field(() => DateTime, { nullable: true, description: "When it lapses; never when left out." })
  readonly endsAt?: Date | null;
}

@InputType({ description: "Limit to set." })
export class AdminOverrideEntitlementInput {
  @Field(() => ID, { description: "Customer." })
  readonly customerId!: string;

  @Field(() => String, { description: "Feature key." })
  readonly feature!: string;

  @Field(() => EntitlementOverrideInput, {
    nullable: true,
    description: "New setting; null takes the override away.",
  })
  readonly override?: EntitlementOverrideInput | null;

  @Field(() => String, { description: "Why; goes into the audit log." })
  readonly reason!: string;

  @Field(() => String, { nullable: true, description: "Makes a retry safe; a UUID." })
  readonly idempotencyKey?: string | null;
}

@ObjectType({ description: "Outcome." })
export class AdminOverrideEntitlementPayload implements Refusable {
  @Field(() => Entitlement, { nullable: true, description: "State after it; null when refused." })
  readonly entitlement?: Entitlement;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}
