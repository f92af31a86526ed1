import { Field, Int, ObjectType, registerEnumType } from "type-graphql";
import { Period } from "../../graphql/money.type.js";
import { Node } from "../../graphql/node.type.js";
import { DateTime } from "../../graphql/scalars.js";
import { namesOf } from "../../graphql/user-error.type.js";
import { type SubscriptionStatus as StatusName, subscriptionStatuses } from "../../stripe/snapshots.js";
import { type ChangeCause as CauseName, changeCauses } from "../allowances/standing.announcement.js";
import { globalId } from "../global-id.js";
import { Customer } from "../users/customer.type.js";
import type { SubscriptionRow } from "./subscription.table.js";

export const SubscriptionStatus = namesOf(subscriptionStatuses);
registerEnumType(SubscriptionStatus, {
  name: "SubscriptionStatus",
  description: "Life-cycle state of a subscription.",
  valuesConfig: {
    ACTIVE: { description: "Paid, or nothing was due." },
    CANCELED: { description: "Ended for good." },
    INCOMPLETE: { description: "The first payment has not gone through yet." },
    INCOMPLETE_EXPIRED: { description: "The first payment never went through; ended for good." },
    PAST_DUE: { description: "A payment failed and is being tried again." },
    PAUSED: { description: "Neither charged nor granted for a while." },
    TRIALING: { description: "In its free trial." },
    UNPAID: { description: "All tries to be paid failed; nothing is granted until it is paid." },
  },
});

export const SubscriptionOrigin = namesOf(["GRANT", "PURCHASE"]);
registerEnumType(SubscriptionOrigin, {
  name: "SubscriptionOrigin",
  description: "Whether a subscription was bought, or given by an admin.",
  valuesConfig: { GRANT: { description: "Given by an admin." }, PURCHASE: { description: "Bought." } },
});

export const ChangeCause = namesOf(changeCauses);
registerEnumType(ChangeCause, {
  name: "ChangeCause",
  description: "What caused a change.",
  valuesConfig: {
    ADMIN: { description: "An admin did it." },
    CUSTOMER: { description: "The customer did it: bought, changed, canceled." },
    PAYMENT: { description: "A payment failed, or went through after all." },
    RENEWAL: { description: "A new period began." },
    TRIAL_END: { description: "A trial ended." },
    USAGE: { description: "Use reached a limit." },
  },
});

/** What is shown of a subscription, bought or given. */
export type ShownRow = Pick<
  SubscriptionRow,
  | "id"
  | "userId"
  | "status"
  | "tierSlug"
  | "priceId"
  | "quantity"
  | "currentPeriodStart"
  | "currentPeriodEnd"
  | "startedAt"
  | "trialEndsAt"
  | "cancelsAt"
  | "resumesAt"
  | "pauseEndsAt"
  | "isPausable"
  | "endedAt"
  | "pastDueSince"
  | "pendingChange"
  | "discount"
>;

@ObjectType({ implements: Node, description: "A customer's agreement to pay for a tier." })
export class BillingSubscription extends Node {
  /** What the fields below are read from. */
  readonly row!: ShownRow;

  @Field(() => SubscriptionStatus, { description: "State, mirroring Stripe's." })
  readonly status!: StatusName;

  @Field(() => Int, { description: "Seats." })
  readonly quantity!: number;

  @Field(() => SubscriptionOrigin, { description: "How it came to be." })
  readonly origin!: keyof typeof SubscriptionOrigin;

  @Field(() => Period, {
    nullable: true,
    description: "Period that is paid or running; null for a grant without an end.",
  })
  readonly currentPeriod!: Period | null;

  @Field(() => DateTime, { description: "When it began." })
  readonly startedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When the trial ends; null without one." })
  readonly trialEndsAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: "When it will end; null while it renews." })
  readonly cancelsAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: "When a pause ends by itself; null when not paused or paused without an end.",
  })
  readonly resumesAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: "When it ended." })
  readonly endedAt!: Date | null;
}

/** A subscription that was bought, as the API shows it. */
export function toSubscription(row: SubscriptionRow): BillingSubscription {
  return shownAs("PURCHASE", row);
}

/** A subscription of either origin, as the API shows it. */
export function shownAs(origin: keyof typeof SubscriptionOrigin, row: ShownRow): BillingSubscription {
  const { status, quantity, startedAt, trialEndsAt, cancelsAt, resumesAt, pauseEndsAt, endedAt } = row;
  const { currentPeriodStart: start, currentPeriodEnd: end } = row;
  return Object.assign(new BillingSubscription(), {
    id: globalId("BillingSubscription", row.id),
    row,
    status,
    quantity,
    origin,
    currentPeriod: start && end ? { start, end } : null,
    startedAt,
    trialEndsAt,
    cancelsAt,
    resumesAt: status === "PAUSED" ? (pauseEndsAt ?? resumesAt) : resumesAt,
    endedAt,
  });
}

@ObjectType({ description: "A subscription changed." })
export class CurrentSubscriptionUpdatedEvent {
  @Field(() => Customer, { description: "Whose it is." })
  readonly customer!: Customer;

  @Field(() => BillingSubscription, { description: "As it is now." })
  readonly subscription!: BillingSubscription;

  @Field(() => SubscriptionStatus, { nullable: true, description: "State before." })
  readonly previousStatus!: StatusName | null;

  @Field(() => ChangeCause, { description: "What caused it." })
  readonly cause!: CauseName;

  @Field(() => DateTime, { description: "When." })
  readonly occurredAt!: Date;
}
