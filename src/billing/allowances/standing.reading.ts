import type { GraphQLContext } from "../../graphql/context.js";
import { type CatalogTier, findTier, freeTier } from "../catalog/catalog.js";
import { ownPayer } from "../users/payer.js";
import type { Holder, Standing } from "./allowance.js";

/** A customer as the caller may know them: staff have the staff tier on their own account. */
export function holderOf({ viewer }: Pick<GraphQLContext, "viewer">, userId: string): Holder {
  return { userId, isAdmin: viewer?.roles.has("ADMIN") === true && ownPayer(viewer)?.userId === userId };
}

/** How a customer stands with each feature; one statement for all that one operation asks of all customers. */
export function readStandings(context: GraphQLContext, userId: string): Promise<Standing[]> {
  return context.loaders.standings.load({ ...holderOf(context, userId), featureKey: null });
}

/** How a customer stands with one feature; undefined for one that the database does not know yet. */
export async function readStanding(
  context: GraphQLContext,
  userId: string,
  featureKey: string,
): Promise<Standing | undefined> {
  return (await context.loaders.standings.load({ ...holderOf(context, userId), featureKey }))[0];
}

/** The tier in force: the staff tier for staff, the highest that entitles, else the free tier. */
export async function tierInForce(context: GraphQLContext, userId: string): Promise<CatalogTier> {
  const catalog = context.catalog();
  // A tier that was pushed a moment ago may be in the database and not yet in memory.
  return findTier(catalog, await context.loaders.tiers.load(holderOf(context, userId))) ?? freeTier(catalog);
}
