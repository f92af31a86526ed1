import { Field, ID, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { Node } from "../../graphql/node.type.js";
import { connectionOf } from "../../graphql/pagination.js";
import { DateTime, Json } from "../../graphql/scalars.js";
import { namesOf, type Refusable, UserError } from "../../graphql/user-error.type.js";
import { globalId } from "../global-id.js";
import {
  type DifferenceRow,
  type ReconciliationRow,
  reconciliationStatuses,
  type ReconciliationStatus as StatusName,
} from "./reconciliation.table.js";

export const ReconciliationStatus = namesOf(reconciliationStatuses);
registerEnumType(ReconciliationStatus, {
  name: "ReconciliationStatus",
  description: "State of a comparison.",
  valuesConfig: {
    FAILED: { description: "It ended, and some of it could not be compared; the log says why." },
    FINISHED: { description: "It ended, and everything was compared." },
    RUNNING: { description: "It goes on, or waits until Stripe answers." },
  },
});

@ObjectType({ implements: Node, description: "One comparison of our records with Stripe's." })
export class AdminReconciliation extends Node {
  readonly reconciliationId!: string;

  @Field(() => ReconciliationStatus, { description: "How far it is." })
  readonly status!: StatusName;

  @Field(() => DateTime, { description: "When it began." })
  readonly startedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When it ended; null while it runs." })
  readonly finishedAt!: Date | null;

  @Field(() => Int, { description: "Objects compared so far." })
  readonly checkedCount!: number;

  @Field(() => Boolean, { description: "Whether our records are brought in line with Stripe's." })
  readonly repair!: boolean;
}

/** A comparison, as the API shows it. */
export function toReconciliation(row: ReconciliationRow): AdminReconciliation {
  const { id: reconciliationId, status, startedAt, finishedAt, checkedCount, repair } = row;
  const shown = { reconciliationId, status, startedAt, finishedAt, checkedCount, repair };
  return Object.assign(new AdminReconciliation(), { id: globalId("AdminReconciliation", reconciliationId), ...shown });
}

@ObjectType({ description: "One difference between our records and Stripe's." })
export class AdminDifference {
  readonly userId!: string | null;

  @Field(() => String, {
    description: "Kind of object: `customer`, `subscription`, `invoice`, `payment` or `checkout`.",
  })
  readonly kind!: string;

  @Field(() => String, { description: "Stripe's ID of the object; a payment's is that of its payment intent." })
  readonly stripeId!: string;

  @Field(() => String, {
    nullable: true,
    description: "Field of our record that differs; null when the whole object is missing on one side.",
  })
  readonly field!: string | null;

  @Field(() => Json, { nullable: true, description: "Our value." })
  readonly ours!: unknown;

  @Field(() => Json, { nullable: true, description: "What our record would hold, going by Stripe." })
  readonly theirs!: unknown;

  @Field(() => Boolean, { description: "Whether our record is in line with Stripe's now." })
  readonly isRepaired!: boolean;
}

/** A difference, as the API shows it. */
export function toDifference({
  userId,
  kind,
  stripeId,
  field,
  ours,
  theirs,
  isRepaired,
}: DifferenceRow): AdminDifference {
  return Object.assign(new AdminDifference(), { userId, kind, stripeId, field, ours, theirs, isRepaired });
}

@InputType({ description: "What to compare." })
export class AdminReconcileInput {
  @Field(() => ID, {
    nullable: true,
    description: "One customer, by global ID, who is compared at once; everyone, by a background job, when left out.",
  })
  readonly customerId?: string | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: "Whether to bring our records in line with Stripe's. Nothing is ever changed at Stripe.",
  })
  readonly repair!: boolean;

  @Field(() => String, { description: "Why; goes into the audit log." })
  readonly reason!: string;
}

@ObjectType({ description: "Outcome." })
export class AdminReconcilePayload implements Refusable {
  @Field(() => AdminReconciliation, {
    nullable: true,
    description: "The comparison, running or finished: the one that ran already, if there was one. Null when refused.",
  })
  readonly reconciliation?: AdminReconciliation | null;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}

export const AdminReconciliationConnection = connectionOf(AdminReconciliation, "AdminReconciliation", {
  one: "A comparison",
  many: "comparisons",
});
