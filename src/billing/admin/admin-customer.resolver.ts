import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { checkRange } from "../../graphql/date-time-range.type.js";
import { Money, money } from "../../graphql/money.type.js";
import { type Page, PageArgs, type PageEdge, readPage } from "../../graphql/pagination.js";
import { customerOnRecord } from "../users/customer.reading.js";
import { Customer, toCustomer } from "../users/customer.type.js";
import { allCustomers } from "./admin.service.js";
import {
  AdminCustomerConnection,
  AdminCustomerEdge,
  AdminCustomerFilter,
  AdminCustomerSort,
} from "./admin-customer.type.js";

const newestFirst: AdminCustomerSort = { field: "CREATED_AT", direction: "DESC" };

@Resolver(() => AdminCustomerEdge)
export class AdminCustomerResolver {
  @Query(() => AdminCustomerConnection, {
    nullable: true,
    description:
      "Customers on record: those who registered, or began to buy. Found by name, e-mail address, external or Stripe ID. ADMIN only.",
  })
  async adminCustomers(
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => AdminCustomerFilter, { nullable: true, description: "Which ones; all when left out." })
    filter: AdminCustomerFilter | null,
    @Arg("search", () => String, {
      nullable: true,
      description:
        "Part of the name or e-mail address, in any case; or all of an ID: the global, external or Stripe ID. At most 100 characters.",
    })
    search: string | null,
    @Arg("sort", () => AdminCustomerSort, {
      nullable: true,
      description: "In which order; the newest first when left out.",
    })
    sort: AdminCustomerSort | null,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<Customer>> {
    checkRange(filter?.createdAt, "createdAt");
    await context.loaders.ready();
    return readPage(page, {
      ...allCustomers(context, filter, search, sort ?? newestFirst),
      positionOf: ({ position }) => Object.values(position),
      show: ({ row }) => toCustomer(row),
    });
  }

  @Query(() => Customer, {
    nullable: true,
    description:
      "One customer by global or external ID: give exactly one of them. Null when no such customer is on record. ADMIN only.",
  })
  adminCustomer(
    @Arg("id", () => ID, { nullable: true, description: "Global ID, as `Customer.id` has it." }) id: string | null,
    @Arg("externalId", () => ID, {
      nullable: true,
      description: "ID of the user or organisation in your own system.",
    })
    externalId: string | null,
    @Ctx() context: GraphQLContext,
  ): Promise<Customer | null> {
    return customerOnRecord(context, { id, externalId });
  }

  @FieldResolver(() => Money, {
    description:
      "Paid so far, refunds taken off, in the currency of the newest payment that went through: what was paid in another one before is not in it.",
  })
  async lifetimeValue(
    @Root() { node: { userId } }: PageEdge<Customer>,
    @Ctx() { loaders, catalog }: GraphQLContext,
  ): Promise<Money> {
    const value = await loaders.lifetimeValues.load(userId);
    return money(value?.amount ?? 0, value?.currency ?? catalog().currency);
  }
}
