import { Field, InputType, registerEnumType } from "type-graphql";
import { DateTimeRange } from "../../graphql/date-time-range.type.js";
import { connectionOf, edgeOf } from "../../graphql/pagination.js";
import { SortDirection, type SortDirectionName } from "../../graphql/sort-direction.type.js";
import { namesOf } from "../../graphql/user-error.type.js";
import { Customer } from "../users/customer.type.js";

@InputType({ description: "Narrows customers; the parts are joined with AND, the values of a list with OR." })
export class AdminCustomerFilter {
  @Field(() => [String], {
    nullable: true,
    description:
      "Any of these tiers in force, by slug; an empty list matches nothing. One that does not exist is bad input. Staff count by what they bought, like everybody.",
  })
  readonly tier?: string[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Created in this span." })
  readonly createdAt?: DateTimeRange | null;
}

const fields = ["CREATED_AT", "NAME"] as const;
export const AdminCustomerSortField = namesOf(fields);
registerEnumType(AdminCustomerSortField, {
  name: "AdminCustomerSortField",
  description: "What customers can be sorted by.",
  valuesConfig: {
    CREATED_AT: { description: "When it was created." },
    NAME: { description: "Name, in any case, by its first 200 characters." },
  },
});

@InputType({ description: "Order of customers." })
export class AdminCustomerSort {
  @Field(() => AdminCustomerSortField, { defaultValue: "CREATED_AT", description: "What to sort by." })
  readonly field!: (typeof fields)[number];

  @Field(() => SortDirection, { defaultValue: "DESC", description: "Which way." })
  readonly direction!: SortDirectionName;
}

const noun = { one: "A customer", many: "customers" };

export const AdminCustomerEdge = edgeOf(Customer, "AdminCustomer", noun);
export const AdminCustomerConnection = connectionOf(Customer, "AdminCustomer", noun, AdminCustomerEdge);
