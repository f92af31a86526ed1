import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, Int, Query, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { Money, money } from "../../graphql/money.type.js";
import { CountryCode, CurrencyCode } from "../../graphql/scalars.js";
import { activePrices, findTier, type Interval, monthlyEquivalent, savingsPercent, visibleTiers } from "./catalog.js";
import { BillingInterval, Tier, TierFeature, TierPrice, toTier, toTierFeature, toTierPrice } from "./catalog.type.js";
import { type CurrencyWish, pickCurrency } from "./pricing-currency.js";

@ArgsType()
class PricesArgs implements CurrencyWish {
  @Field(() => CurrencyCode, {
    nullable: true,
    description: "Currency to see; nothing is found when the tier is not sold in it.",
  })
  readonly currency!: string | null;

  @Field(() => CountryCode, {
    nullable: true,
    description: "Where the visitor is; its currency is used when tiers are sold in it.",
  })
  readonly country!: string | null;
}

@ArgsType()
class PriceArgs extends PricesArgs {
  @Field(() => BillingInterval, { defaultValue: BillingInterval.MONTH, description: "How often it is charged." })
  readonly interval!: Interval;
}

@Resolver(() => Tier)
export class TierResolver {
  @Query(() => [Tier], { nullable: true, description: "Price list, in display order. Public." })
  tiers(@Ctx() context: GraphQLContext): Tier[] {
    const catalog = context.catalog();
    return visibleTiers(catalog).map((tier) => toTier(catalog, tier));
  }

  @Query(() => Tier, { nullable: true, description: "One tier by slug. Public." })
  tier(
    @Ctx() context: GraphQLContext,
    @Arg("slug", () => String, { description: "Its key, for example `professional`." }) slug: string,
  ): Tier | null {
    const catalog = context.catalog();
    const tier = visibleTiers(catalog).find((visible) => visible.slug === slug);
    return tier ? toTier(catalog, tier) : null;
  }

  @FieldResolver(() => TierPrice, {
    nullable: true,
    description:
      "The price for one interval; null when not sold so. Currency: the argument, else the country's if tiers are sold in it, else the catalog's.",
  })
  price(@Root() tier: Tier, @Args(() => PriceArgs) args: PriceArgs): TierPrice | null {
    return pricesFor(tier, args).find((price) => price.interval === args.interval) ?? null;
  }

  @FieldResolver(() => [TierPrice], { description: "All prices in one currency." })
  prices(@Root() tier: Tier, @Args(() => PricesArgs) args: PricesArgs): TierPrice[] {
    return pricesFor(tier, args);
  }

  @FieldResolver(() => [TierFeature], { description: "What it includes, in display order." })
  features(@Root() { origin: { catalog, part: tier } }: Tier): TierFeature[] {
    return catalog.features.map((feature) => toTierFeature(catalog, tier, feature));
  }
}

function pricesFor({ origin: { catalog, part: tier } }: Tier, wish: CurrencyWish): TierPrice[] {
  const currency = pickCurrency(catalog, wish);
  return activePrices(catalog, tier.slug)
    .filter((price) => price.currency === currency)
    .toSorted((a, b) => displayOrder.indexOf(a.interval) - displayOrder.indexOf(b.interval))
    .map((price) => toTierPrice(catalog, price));
}

const displayOrder: readonly Interval[] = Object.values(BillingInterval);

@Resolver(() => TierPrice)
export class TierPriceResolver {
  @FieldResolver(() => Tier, { description: "Tier it belongs to." })
  tier(@Root() { origin: { catalog, part: price } }: TierPrice): Tier {
    const tier = findTier(catalog, price.tierSlug);
    if (!tier) throw new Error(`The catalog has a price of an unknown tier: ${price.id}`);
    return toTier(catalog, tier);
  }

  @FieldResolver(() => Money, { description: "The charge spread over months, for side-by-side display." })
  monthlyEquivalent(@Root() { origin: { part: price } }: TierPrice): Money {
    return money(monthlyEquivalent(price), price.currency);
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: "Whole percent saved against paying monthly; null when not cheaper.",
  })
  savingsPercent(@Root() { origin: { catalog, part: price } }: TierPrice): number | null {
    return savingsPercent(catalog, price);
  }
}
