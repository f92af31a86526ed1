import type { Deps } from "../../deps.js";
import { done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import type { PlanOrder } from "../../stripe/plan-change.js";
import type { AllowanceSource } from "../allowances/allowance.js";
import { standingsOf } from "../allowances/standing.service.js";
import { findFeature, findPrice, findTier, freeTier, grantOf } from "../catalog/catalog.js";
import { currencyMismatch, offerOf, promotionOf } from "../checkout/order.js";
import { refusedSeats } from "../checkout/seats.js";
import { findCurrentSubscription } from "../subscriptions/subscription.service.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";
import { refusedAction } from "../subscriptions/subscription-actions.js";
import { findCustomer } from "../users/user.service.js";
import type { UserRow } from "../users/user.table.js";
import {
  directionOf,
  type OfferedPlan,
  type Plan,
  type PlanChangeDirection,
  type PlanChangeTiming,
  timingOf,
} from "./plan-step.js";
import { stale } from "./stripe-refusal.js";

/** What a customer asks to move to. `priceId` is the catalog's key of it, undefined for an ID that is not a price's. */
export interface PlanWish {
  readonly priceId: string | undefined;
  /** Unchanged when left out. */
  readonly quantity?: number | null;
  readonly timing: PlanChangeTiming;
  readonly promotionCode?: string | null;
}

/** A change that may be made. */
export interface PlanChange {
  readonly user: UserRow;
  readonly subscription: SubscriptionRow;
  readonly from: Plan;
  readonly to: OfferedPlan;
  readonly direction: PlanChangeDirection;
  readonly timing: "IMMEDIATE" | "PERIOD_END";
  /** When it takes effect. */
  readonly effectiveAt: Date;
  readonly order: PlanOrder;
}

/** The change behind a wish, or why it cannot be. Nothing is made. `at` is the instant that everything is counted from. */
export async function planChangeOf(deps: Deps, userId: string, wish: PlanWish, at: Date): Promise<Outcome<PlanChange>> {
  const [user, subscription] = await Promise.all([findCustomer(deps, userId), findCurrentSubscription(deps, userId)]);
  const refusedNow = refusedAction("CHANGE_PLAN", subscription);
  if (refusedNow) return refusedNow;
  if (!user || !subscription?.stripePriceId || !subscription.currentPeriodEnd) return refuse("NO_SUBSCRIPTION");
  const hasRenewed = subscription.currentPeriodStart !== null && at < subscription.currentPeriodStart;
  if (hasRenewed) return stale();
  const from = planOf(deps, subscription);
  const offer = offerTo(deps, from, wish.priceId);
  if (!offer.value) return offer;
  const to = { ...offer.value, quantity: wish.quantity ?? subscription.quantity };
  const promotion = { promotionCode: wish.promotionCode ?? null, quantity: to.quantity };
  const refused = refusedTarget(subscription, from, to);
  if (refused) return refused;
  const direction = directionOf(deps.catalog(), from, to);
  const timing = timingOf(wish.timing, direction);
  const excess = await refusedExcess(deps, userId, from, to);
  if (excess) return excess;
  const code = await promotionOf(deps, { user, subscription }, to.price, promotion);
  if (!code.value) return code;
  const order: PlanOrder = {
    stripeSubscriptionId: subscription.stripeSubscriptionId,
    fromStripePriceId: subscription.stripePriceId,
    stripePriceId: to.price.stripePriceId,
    quantity: to.quantity,
    interval: to.price.interval,
    promotionCodeId: code.value.codeId,
    prorationAt: at,
    // A trial goes along to a tier that has one; what is never given for nothing is paid for at once.
    endsTrial: timing === "IMMEDIATE" && subscription.status === "TRIALING" && to.tier.trialDays === 0,
  };
  const effectiveAt = timing === "IMMEDIATE" ? at : subscription.currentPeriodEnd;
  return done({ user, subscription, from, to, direction, timing, effectiveAt, order });
}

/** What is sold at a price; who has one that is not sold any more may keep it, in other seats. */
function offerTo(deps: Deps, { tier, price }: Plan, priceId: string | undefined): ReturnType<typeof offerOf> {
  return price && price.id === priceId ? done({ tier, price }) : offerOf(deps, priceId);
}

function planOf(deps: Deps, { tierSlug, priceId, quantity }: SubscriptionRow): Plan {
  const catalog = deps.catalog();
  // At a price that the catalog never knew nothing but the free tier is granted.
  const tier = findTier(catalog, tierSlug ?? "") ?? freeTier(catalog);
  return { tier, price: priceId === null ? undefined : findPrice(catalog, priceId), quantity };
}

function refusedTarget(subscription: SubscriptionRow, from: Plan, to: OfferedPlan): RefusedOutcome | undefined {
  const { price, tier, quantity } = to;
  const path = ["input", "priceId"];
  const refusedQuantity = refusedSeats(tier.seats, quantity);
  if (refusedQuantity) return refusedQuantity;
  if (from.price && from.price.currency !== price.currency) return currencyMismatch(from.price.currency);
  const isSame = subscription.stripePriceId === price.stripePriceId && subscription.quantity === quantity;
  if (!isSame) return undefined;
  const message = subscription.pendingChange && "This is the plan in force; drop the pending change to keep it.";
  return refuse("ALREADY_ON_TIER", message ?? undefined, { path });
}

/** What is held at one time must fit into the new plan, be it an upgrade in all else; use within a period starts anew. */
async function refusedExcess(deps: Deps, userId: string, from: Plan, to: Plan): Promise<RefusedOutcome | undefined> {
  if (deps.settings.downgradeBelowUsage === "warn" || from.tier.slug === to.tier.slug) return undefined;
  const catalog = deps.catalog();
  const standings = await standingsOf(deps, userId);
  const held = standings.filter(({ source }) => source === null || takenAway.includes(source));
  for (const { featureKey, used } of held) {
    const feature = findFeature(catalog, featureKey);
    const { isIncluded, limit } = grantOf(catalog, to.tier, featureKey);
    const most = isIncluded ? limit : 0;
    if (feature?.kind !== "LIMIT" || most === null || used <= most) continue;
    const message = `${feature.name}: ${used} in use, and ${to.tier.name} allows ${most}. Use less of it first.`;
    return refuse("USAGE_EXCEEDS_CURRENT_TIER_LIMIT", message, { path: ["input", "priceId"] });
  }
  return undefined;
}

/** What a change of plan takes away; an override, a grant or the right of staff stays. */
const takenAway: readonly AllowanceSource[] = ["SUBSCRIPTION", "TRIAL", "GRACE", "FREE_TIER"];
