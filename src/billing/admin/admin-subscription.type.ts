import { Field, InputType, registerEnumType } from "type-graphql";
import { DateTimeRange } from "../../graphql/date-time-range.type.js";
import { connectionOf, edgeOf } from "../../graphql/pagination.js";
import { SortDirection, type SortDirectionName } from "../../graphql/sort-direction.type.js";
import { namesOf } from "../../graphql/user-error.type.js";
import type { SubscriptionStatus as StatusName } from "../../stripe/snapshots.js";
import { BillingSubscription, SubscriptionOrigin, SubscriptionStatus } from "../subscriptions/subscription.type.js";

@InputType({ description: "Narrows subscriptions; the parts are joined with AND, the values of a list with OR." })
export class AdminSubscriptionFilter {
  @Field(() => [SubscriptionStatus], {
    nullable: true,
    description: "Any of these states; an empty list matches nothing.",
  })
  readonly status?: StatusName[] | null;

  @Field(() => [String], {
    nullable: true,
    description: "Any of these tiers, by slug; an empty list matches nothing. One that does not exist is bad input.",
  })
  readonly tier?: string[] | null;

  @Field(() => [SubscriptionOrigin], {
    nullable: true,
    description: "Bought or given; an empty list matches nothing.",
  })
  readonly origin?: (keyof typeof SubscriptionOrigin)[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Begun in this span." })
  readonly startedAt?: DateTimeRange | null;

  @Field(() => DateTimeRange, {
    nullable: true,
    description: "Ends in this span; what renews, or has ended already, is in none.",
  })
  readonly cancelsAt?: DateTimeRange | null;
}

const fields = ["CURRENT_PERIOD_END", "CUSTOMER_NAME", "MRR", "STARTED_AT"] as const;
export const AdminSubscriptionSortField = namesOf(fields);
registerEnumType(AdminSubscriptionSortField, {
  name: "AdminSubscriptionSortField",
  description: "What subscriptions can be sorted by.",
  valuesConfig: {
    CURRENT_PERIOD_END: { description: "End of the period that is paid or running, or that was the last one." },
    CUSTOMER_NAME: { description: "The customer's name, in any case, by its first 200 characters." },
    MRR: {
      description:
        "Recurring revenue. Amounts in other currencies than the catalog's default one count as what the price list asks in that one, so that they compare.",
    },
    STARTED_AT: { description: "When it began." },
  },
});

@InputType({ description: "Order of subscriptions." })
export class AdminSubscriptionSort {
  @Field(() => AdminSubscriptionSortField, { defaultValue: "STARTED_AT", description: "What to sort by." })
  readonly field!: (typeof fields)[number];

  @Field(() => SortDirection, { defaultValue: "DESC", description: "Which way." })
  readonly direction!: SortDirectionName;
}

const noun = { one: "A subscription", many: "subscriptions" };

export const AdminSubscriptionEdge = edgeOf(BillingSubscription, "AdminSubscription", noun);
export const AdminSubscriptionConnection = connectionOf(
  BillingSubscription,
  "AdminSubscription",
  noun,
  AdminSubscriptionEdge,
);
