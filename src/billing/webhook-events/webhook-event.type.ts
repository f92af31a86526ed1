import { Field, ID, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { withoutSecrets } from "../../errors.js";
import { DateTimeRange } from "../../graphql/date-time-range.type.js";
import { Node } from "../../graphql/node.type.js";
import { connectionOf } from "../../graphql/pagination.js";
import { DateTime } from "../../graphql/scalars.js";
import { namesOf, type Refusable, UserError } from "../../graphql/user-error.type.js";
import { webhookEventStatuses } from "../../webhooks/stripe-event.table.js";
import { globalId } from "../global-id.js";
import type { WebhookEventFilter, WebhookEventHead } from "./webhook-event.service.js";

export const WebhookEventStatus = namesOf(webhookEventStatuses);
registerEnumType(WebhookEventStatus, {
  name: "WebhookEventStatus",
  description: "State of a stored event.",
  valuesConfig: {
    FAILED: { description: "Given up after too many tries; it can be replayed." },
    IGNORED: { description: "Nothing was to be done for it; `lastError` says why." },
    PENDING: { description: "Waits for its first or next try." },
    PROCESSED: { description: "Done." },
    PROCESSING: { description: "A worker has it." },
  },
});

@ObjectType({ implements: Node, description: "An event that Stripe sent to the webhook route." })
export class AdminWebhookEvent extends Node {
  /** Our row's id. */
  readonly rowId!: string;

  readonly stripeCustomerId!: string | null;

  @Field(() => String, { description: "Stripe's ID; a second delivery is dropped by it." })
  readonly stripeId!: string;

  @Field(() => String, { description: "Stripe's name for it, for example `invoice.paid`." })
  readonly name!: string;

  @Field(() => WebhookEventStatus, { description: "State." })
  readonly status!: WebhookEventHead["status"];

  @Field(() => DateTime, { description: "When it first came." })
  readonly receivedAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: "When it was processed, found to need nothing, or given up; null while it waits.",
  })
  readonly processedAt!: Date | null;

  @Field(() => Int, {
    description: "Times it was tried since it came or was last replayed; outages on the way do not count.",
  })
  readonly attempts!: number;

  @Field(() => String, {
    nullable: true,
    description: "Last error, or why it was ignored, secrets removed; null once it was processed.",
  })
  readonly lastError!: string | null;
}

/** An event, as the API shows it. */
export function toWebhookEvent(row: WebhookEventHead): AdminWebhookEvent {
  const { id: rowId, stripeEventId: stripeId, type: name, status, receivedAt, processedAt, attempts } = row;
  return Object.assign(new AdminWebhookEvent(), {
    id: globalId("AdminWebhookEvent", rowId),
    ...{ rowId, stripeId, name, status, receivedAt, processedAt, attempts },
    stripeCustomerId: row.stripeCustomerId,
    // Rows of earlier versions may quote what is left out today.
    lastError: row.lastError === null ? null : withoutSecrets(row.lastError),
  });
}

@InputType({ description: "Narrows events; the parts are joined with AND, the values of a list with OR." })
export class AdminWebhookEventFilter implements WebhookEventFilter {
  @Field(() => String, {
    nullable: true,
    description:
      "Stripe's event ID, or the ID of the object that is brought up to date for it; for charges, refunds and disputes that is their payment, for prices their product.",
  })
  readonly stripeId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "Global ID of a customer; one that is not on record matches nothing.",
  })
  readonly customerId?: string | null;

  @Field(() => [WebhookEventStatus], {
    nullable: true,
    description: "Any of these states; an empty list matches nothing.",
  })
  readonly status?: WebhookEventHead["status"][] | null;

  @Field(() => [String], {
    nullable: true,
    description: "Any of these names, for example `invoice.paid`, at most 100; an empty list matches nothing.",
  })
  readonly name?: string[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Received in this span." })
  readonly receivedAt?: DateTimeRange | null;
}

export const AdminWebhookEventConnection = connectionOf(AdminWebhookEvent, "AdminWebhookEvent", {
  one: "An event",
  many: "events",
});

@InputType({ description: "Event to process again." })
export class AdminReplayWebhookEventInput {
  @Field(() => ID, { description: "Global ID of the event." })
  readonly webhookEventId!: string;

  @Field(() => String, { description: "Why; goes into the audit log." })
  readonly reason!: string;
}

@ObjectType({ description: "Outcome." })
export class AdminReplayWebhookEventPayload implements Refusable {
  @Field(() => AdminWebhookEvent, { nullable: true, description: "As it is now; null when refused." })
  readonly webhookEvent?: AdminWebhookEvent;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}

@InputType({ description: "Events to process again." })
export class AdminReplayWebhookEventsInput {
  @Field(() => AdminWebhookEventFilter, {
    description: "Which ones. Without `status` only those that were given up; name other states to replay them too.",
  })
  readonly filter!: AdminWebhookEventFilter;

  @Field(() => String, { description: "Why; goes into the audit log." })
  readonly reason!: string;
}

@ObjectType({ description: "Outcome." })
export class AdminReplayWebhookEventsPayload implements Refusable {
  @Field(() => Int, {
    description: "Events put back in the queue, at most 10,000; with that many there may be more, so call again.",
  })
  readonly queuedCount!: number;

  @Field(() => [UserError], { description: "Refusals; empty on success." })
  readonly userErrors!: readonly UserError[];
}
