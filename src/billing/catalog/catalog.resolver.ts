import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { Money, money } from "../../graphql/money.type.js";
import { findTier, monthlyEquivalent, savingsPercent, visibleTiers } from "./catalog.js";
import { Tier, TierFeature, TierPrice, toTier, toTierFeature } from "./catalog.type.js";

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

  @FieldResolver(() => [TierFeature], { description: "What it includes, in display order." })
  features(@Root() { origin: { catalog, part: tier } }: Tier): TierFeature[] {
    return catalog.features.map((feature) => toTierFeature(catalog, tier, feature));
  }
}

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
