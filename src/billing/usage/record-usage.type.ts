import { Field, ID, InputType, ObjectType } from "type-graphql";
import type { Refusal } from "../../errors.js";
import { DateTime, SafeInt } from "../../graphql/scalars.js";
import { type Refusable, UserError } from "../../graphql/user-error.type.js";
import type { Standing } from "../allowances/allowance.js";
import type { RecordedEvent, ReportedEvent } from "./record-usage.service.js";

@InputType({ description: "One use." })
export class UsageEventInput implements ReportedEvent {
  @Field(() => String, { description: "Feature key." })
  readonly feature!: string;

  @Field(() => SafeInt, {
    defaultValue: 1,
    description: "Quantity, 1 or more; for a LIMIT feature also below 0, to give back.",
  })
  readonly quantity!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: "When; now when left out, at most 35 days back. It counts into the period that held then.",
  })
  readonly occurredAt?: Date | null;

  @Field(() => String, { description: "Unique for the customer; within 45 days the same key is counted once." })
  readonly idempotencyKey!: string;
}

@InputType({ description: "Use to record." })
export class RecordUsageInput {
  @Field(() => ID, {
    nullable: true,
    description: "Customer's ID in your system. Needed from a SERVICE caller, refused from others.",
  })
  readonly externalCustomerId?: string | null;

  @Field(() => [UsageEventInput], { description: "The events, from 1 to 100." })
  readonly events!: UsageEventInput[];
}

@ObjectType({ description: "What became of one event." })
export class UsageEventResult implements RecordedEvent {
  readonly userId!: string;

  readonly standing!: Standing | null;

  @Field(() => String, { description: "Key of the event." })
  readonly idempotencyKey!: string;

  @Field(() => Boolean, { description: "Whether it was counted, now or before." })
  readonly isAccepted!: boolean;

  @Field(() => Boolean, { description: "Whether it had been counted before." })
  readonly isDuplicate!: boolean;

  @Field(() => [UserError], {
    description: "Why it was refused; empty otherwise. A refused event keeps no key: it may be sent again as it is.",
  })
  readonly userErrors!: readonly Refusal[];
}

@ObjectType({ description: "Outcome." })
export class RecordUsagePayload implements Refusable {
  @Field(() => [UsageEventResult], {
    description: "One result for each event, in order; none when the call was refused.",
  })
  readonly results!: UsageEventResult[];

  @Field(() => [UserError], { description: "Refusals of the whole call; empty on success." })
  readonly userErrors!: readonly UserError[];
}
