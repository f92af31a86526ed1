import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { checkRange } from "../../graphql/date-time-range.type.js";
import { Money, money } from "../../graphql/money.type.js";
import { type Page, PageArgs, type PageEdge, readPage } from "../../graphql/pagination.js";
import { findPrice } from "../catalog/catalog.js";
import { mrrOf } from "../subscriptions/mrr.js";
import { type BillingSubscription, toSubscription } from "../subscriptions/subscription.type.js";
import { allSubscriptions } from "./admin.service.js";
import {
  AdminSubscriptionConnection,
  AdminSubscriptionEdge,
  AdminSubscriptionFilter,
  AdminSubscriptionSort,
} from "./admin-subscription.type.js";

const newestFirst: AdminSubscriptionSort = { field: "STARTED_AT", direction: "DESC" };

@Resolver(() => AdminSubscriptionEdge)
export class AdminSubscriptionResolver {
  @Query(() => AdminSubscriptionConnection, {
    nullable: true,
    description: "Subscriptions of all customers, running and ended. ADMIN only.",
  })
  async adminSubscriptions(
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => AdminSubscriptionFilter, { nullable: true, description: "Which ones; all when left out." })
    filter: AdminSubscriptionFilter | null,
    @Arg("search", () => String, {
      nullable: true,
      description:
        "Part of the customer's name or e-mail address, in any case; or all of an ID: the customer's global, external or Stripe ID, or the subscription's global or Stripe ID. At most 100 characters.",
    })
    search: string | null,
    @Arg("sort", () => AdminSubscriptionSort, {
      nullable: true,
      description: "In which order; the newest first when left out.",
    })
    sort: AdminSubscriptionSort | null,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<BillingSubscription>> {
    checkRange(filter?.startedAt, "startedAt");
    checkRange(filter?.cancelsAt, "cancelsAt");
    await context.loaders.ready();
    return readPage(page, {
      ...allSubscriptions(context, filter, search, sort ?? newestFirst),
      positionOf: ({ position }) => Object.values(position),
      show: ({ row }) => toSubscription(row),
    });
  }

  @FieldResolver(() => Money, {
    description:
      "Its share of monthly recurring revenue, in the currency it is charged in: its price for all seats, less the discount that recurs, spread over months, without tax. Zero unless it is active or past due.",
  })
  mrr(@Root() { node: { row } }: PageEdge<BillingSubscription>, @Ctx() context: GraphQLContext): Money {
    const catalog = context.catalog();
    const price = row.priceId ? findPrice(catalog, row.priceId) : undefined;
    return money(mrrOf(row, price, context.now()), price?.currency ?? catalog.currency);
  }
}
