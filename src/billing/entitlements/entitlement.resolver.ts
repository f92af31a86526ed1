import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root, Subscription } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { SafeInt } from "../../graphql/scalars.js";
import { Tier, toTier } from "../catalog/catalog.type.js";
import { Customer } from "../users/customer.type.js";
import { requirePayer } from "../users/payer.js";
import { type DenialReason as Denial, denialReasonOf, upgradeTierOf } from "./entitlement.js";
import { entitlementChanges } from "./entitlement.live.js";
import { entitlementFor, entitlementsOf } from "./entitlement.service.js";
import { DenialReason, Entitlement, EntitlementsChangedEvent, toEntitlement } from "./entitlement.type.js";

const features = { nullable: true, description: "Feature keys; all when left out. An unknown one is refused." };
const quantity = { defaultValue: 1, description: "How much more is about to be used." };

@Resolver(() => Customer)
export class CustomerEntitlementResolver {
  @Query(() => [Entitlement], { nullable: true, description: "Shortcut for `viewer.customer.entitlements`." })
  entitlements(
    @Arg("features", () => [String], features) keys: string[] | null,
    @Ctx() context: GraphQLContext,
  ): Promise<Entitlement[]> {
    return shown(context, requirePayer(context.viewer).userId, keys);
  }

  @Query(() => Entitlement, {
    nullable: true,
    description: "Shortcut for `viewer.customer.entitlement`: the smallest query to gate a feature.",
  })
  entitlement(
    @Arg("feature", () => String, { description: "Feature key. An unknown one is refused." }) key: string,
    @Ctx() context: GraphQLContext,
  ): Promise<Entitlement> {
    return shownOne(context, requirePayer(context.viewer).userId, key);
  }

  @FieldResolver(() => [Entitlement], { name: "entitlements", nullable: true, description: "What it may use now." })
  customerEntitlements(
    @Root() { userId }: Customer,
    @Arg("features", () => [String], features) keys: string[] | null,
    @Ctx() context: GraphQLContext,
  ): Promise<Entitlement[]> {
    return shown(context, userId, keys);
  }

  @FieldResolver(() => Entitlement, {
    name: "entitlement",
    nullable: true,
    description: "One entitlement by feature key.",
  })
  customerEntitlement(
    @Root() { userId }: Customer,
    @Arg("feature", () => String, { description: "Feature key. An unknown one is refused." }) key: string,
    @Ctx() context: GraphQLContext,
  ): Promise<Entitlement> {
    return shownOne(context, userId, key);
  }

  @Subscription(() => EntitlementsChangedEvent, {
    nullable: true,
    description:
      "Any change to what the caller may use, from plan, payment, grant or reaching a limit. A SERVICE names a customer, or hears of all.",
    subscribe: ({ context, args }: { context: GraphQLContext; args: { externalCustomerId?: string | null } }) =>
      entitlementChanges(context, args.externalCustomerId ?? null),
  })
  entitlementsChanged(
    @Root() event: EntitlementsChangedEvent,
    @Arg("externalCustomerId", () => ID, {
      nullable: true,
      description: "Customer's ID in your system. For a SERVICE only; refused from others.",
    })
    _externalCustomerId: string | null,
  ): EntitlementsChangedEvent {
    return event;
  }
}

@Resolver(() => Entitlement)
export class EntitlementResolver {
  @FieldResolver(() => Boolean, { description: "Whether this much may be used now. Gate on this." })
  hasAccess(@Root() { state }: Entitlement, @Arg("quantity", () => SafeInt, quantity) wanted: number): boolean {
    return denialReasonOf(state, wanted) === null;
  }

  @FieldResolver(() => DenialReason, {
    nullable: true,
    description: "Why not; null when `hasAccess` for the same quantity.",
  })
  denialReason(
    @Root() { state }: Entitlement,
    @Arg("quantity", () => SafeInt, quantity) wanted: number,
  ): Denial | null {
    return denialReasonOf(state, wanted);
  }

  @FieldResolver(() => Tier, {
    nullable: true,
    description: "Cheapest tier that would grant it, or more of it; null when none would.",
  })
  upgradeTier(@Root() { state }: Entitlement, @Ctx() context: GraphQLContext): Tier | null {
    const tier = upgradeTierOf(context.catalog(), state);
    return tier ? toTier(context.catalog(), tier) : null;
  }
}

async function shown(context: GraphQLContext, userId: string, keys: string[] | null): Promise<Entitlement[]> {
  return (await entitlementsOf(context, userId, keys)).map((state) => toEntitlement(userId, state));
}

async function shownOne(context: GraphQLContext, userId: string, key: string): Promise<Entitlement> {
  return toEntitlement(userId, await entitlementFor(context, userId, key));
}
