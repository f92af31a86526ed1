import { Args, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { activePrices, type Interval } from "../catalog/catalog.js";
import { BillingInterval, Tier, TierPrice, toTierPrice } from "../catalog/catalog.type.js";
import { type CurrencyWish, currencyFor, standingOf } from "./pricing.service.js";
import { PriceArgs, PricesArgs, PricingContext, TierAction, toPricingContext } from "./pricing.type.js";
import { type TierAction as ActionName, tierActionFor } from "./tier-action.js";

@Resolver(() => PricingContext)
export class PricingContextResolver {
  @Query(() => PricingContext, {
    nullable: true,
    description: "Which currency the visitor would see, where prices are asked for with the same arguments. Public.",
  })
  async pricingContext(
    @Args(() => PricesArgs) wish: PricesArgs,
    @Ctx() context: GraphQLContext,
  ): Promise<PricingContext> {
    const catalog = context.catalog();
    return toPricingContext(catalog, await currencyFor(context, catalog, wish));
  }
}

@Resolver(() => Tier)
export class TierPricingResolver {
  @FieldResolver(() => TierPrice, {
    nullable: true,
    description:
      "The price for one interval; null when not sold so. Currency: the argument, else as `Query.pricingContext` picks it.",
  })
  async price(
    @Root() tier: Tier,
    @Args(() => PriceArgs) { interval, ...wish }: PriceArgs,
    @Ctx() context: GraphQLContext,
  ): Promise<TierPrice | null> {
    const prices = await pricesFor(context, tier, wish);
    return prices.find((price) => price.interval === interval) ?? null;
  }

  @FieldResolver(() => [TierPrice], {
    description: "All prices in one currency, shortest interval first. It is picked as for `price`.",
  })
  prices(
    @Root() tier: Tier,
    @Args(() => PricesArgs) wish: PricesArgs,
    @Ctx() context: GraphQLContext,
  ): Promise<TierPrice[]> {
    return pricesFor(context, tier, wish);
  }

  @FieldResolver(() => TierAction, {
    description:
      "What the button under this tier should do for the viewer, judged as checkout does; one who may not manage billing sees what the account's managers can do. UPGRADE and DOWNGRADE can be made once CHANGE_PLAN is among the subscription's `availableActions`: not while it is paused, late, or about to end.",
  })
  async viewerAction(@Root() tier: Tier, @Ctx() context: GraphQLContext): Promise<ActionName> {
    const { catalog, part } = tier.origin;
    return tierActionFor(catalog, part, await standingOf(context, catalog));
  }
}

async function pricesFor(context: GraphQLContext, tier: Tier, wish: CurrencyWish): Promise<TierPrice[]> {
  const { catalog, part } = tier.origin;
  const { currency } = await currencyFor(context, catalog, wish);
  return activePrices(catalog, part.slug)
    .filter((price) => price.currency === currency)
    .toSorted((a, b) => displayOrder.indexOf(a.interval) - displayOrder.indexOf(b.interval))
    .map((price) => toTierPrice(catalog, price));
}

const displayOrder: readonly Interval[] = Object.values(BillingInterval);
