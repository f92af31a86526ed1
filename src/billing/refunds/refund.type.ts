import { Field, ID, InputType, ObjectType } from "type-graphql";
import { SafeInt } from "../../graphql/scalars.js";
import { type Refusable, UserError } from "../../graphql/user-error.type.js";
import { Payment } from "../history/payment.type.js";

@InputType({ description: "Money to give back." })
export class AdminRefundPaymentInput {
  @Field(() => ID, { description: "Payment." })
  readonly paymentId!: string;

  @Field(() => SafeInt, {
    nullable: true,
    description: "Minor units of the payment's currency; all that is left when left out.",
  })
  readonly amount?: number | null;

  @Field(() => String, { description: "Why; goes into the audit log." })
  readonly reason!: string;

  @Field(() => String, { description: "Required: a refund is never repeated for the same key." })
  readonly idempotencyKey!: string;
}

@ObjectType({ description: "Outcome." })
export class AdminRefundPaymentPayload implements Refusable {
  @Field(() => Payment, { nullable: true, description: "As it is now; null when refused." })
  readonly payment?: Payment;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}
