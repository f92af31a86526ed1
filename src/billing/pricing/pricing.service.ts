import type { GraphQLContext } from "../../graphql/context.js";
import { type Catalog, findPrice, findTier, freeTier } from "../catalog/catalog.js";
import type { TierInUse } from "../catalog/tier-step.js";
import { isRunning } from "../subscriptions/subscription.js";
import { ownPayer } from "../users/payer.js";
import { knownCountry, type PickedCurrency, pickCurrency } from "./currency.js";
import type { Standing } from "./tier-action.js";

/** What a caller said about the currency of prices: one they want, or where they are. */
export interface CurrencyWish {
  /** Upper case. */
  readonly currency?: string | null;
  /** ISO 3166-1 alpha-2; the proxy's header when left out. */
  readonly country?: string | null;
}

/** The currency that prices are shown in, and the country that was assumed. */
export interface PricesSeen extends PickedCurrency {
  readonly country: string | null;
}

/**
 * The currency for the caller's wish. Every field of one operation picks the same: what it depends on is
 * read once for a request, and the catalog is handed in.
 */
export async function currencyFor(context: GraphQLContext, catalog: Catalog, wish: CurrencyWish): Promise<PricesSeen> {
  const country = wish.country ?? knownCountry(context.country);
  const asked = wish.currency ?? null;
  const billedIn = asked === null ? await billingCurrency(context, catalog) : null;
  return { ...pickCurrency(catalog, { asked, billedIn, country }), country };
}

/** The currency that the caller pays in already, lower case; null for somebody who has never bought, and for services. */
async function billingCurrency(context: GraphQLContext, catalog: Catalog): Promise<string | null> {
  const payer = context.viewer && ownPayer(context.viewer);
  if (!payer) return null;
  const { users } = context.loaders;
  const [plan, user] = await Promise.all([runningPlan(context, catalog, payer.userId), users.load(payer.userId)]);
  return plan?.price?.currency ?? user?.currency ?? null;
}

/** Where the caller stands on the price list. */
export async function standingOf(context: GraphQLContext, catalog: Catalog): Promise<Standing> {
  const { viewer, loaders } = context;
  const payer = viewer && ownPayer(viewer);
  if (!payer) return { plan: null, hasAccount: false, isAdmin: false, hadTrial: false, billedIn: null };
  const [plan, billedIn, hadTrial] = await Promise.all([
    runningPlan(context, catalog, payer.userId),
    billingCurrency(context, catalog),
    loaders.hadTrial.load(payer),
  ]);
  return { plan, hasAccount: true, isAdmin: viewer.roles.has("ADMIN"), hadTrial, billedIn };
}

async function runningPlan(context: GraphQLContext, catalog: Catalog, userId: string): Promise<TierInUse | null> {
  const subscription = await context.loaders.subscriptions.load(userId);
  if (!subscription || !isRunning(subscription)) return null;
  const { tierSlug, priceId } = subscription;
  // At a price that the catalog never knew nothing but the free tier is granted.
  const tier = findTier(catalog, tierSlug ?? "") ?? freeTier(catalog);
  return { tier, price: priceId === null ? undefined : findPrice(catalog, priceId) };
}
