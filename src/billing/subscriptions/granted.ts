import type { GraphQLContext } from "../../graphql/context.js";
import type { GrantRow } from "../allowances/allowance.table.js";
import { isInForce } from "../allowances/grant.js";
import { isRunning } from "./subscription.js";
import type { SubscriptionRow } from "./subscription.table.js";
import { type BillingSubscription, type ShownRow, shownAs, toSubscription } from "./subscription.type.js";

/** A given tier, as the API shows it: a subscription without a price that ends by itself, if ever. */
export function toGranted(grant: GrantRow, now: Date): BillingSubscription {
  const { id, userId, tierSlug, startedAt, endsAt } = grant;
  const isOver = !isInForce(grant, now);
  const row: ShownRow = {
    id,
    userId,
    status: isOver ? "CANCELED" : "ACTIVE",
    tierSlug,
    quantity: 1,
    startedAt,
    currentPeriodStart: endsAt && startedAt,
    currentPeriodEnd: endsAt,
    cancelsAt: isOver ? null : endsAt,
    endedAt: isOver ? endsAt : null,
    ...neverGiven,
  };
  return shownAs("GRANT", row);
}

/** What only a purchase has. */
const neverGiven = {
  priceId: null,
  trialEndsAt: null,
  resumesAt: null,
  pauseEndsAt: null,
  setAsideScheduleId: null,
  isPausable: false,
  pastDueSince: null,
  pendingChange: null,
  discount: null,
};

/**
 * Of what a customer bought and was given, what counts as their subscription: a purchase that runs, else a tier that was
 * given, else what was last bought, else what was last given.
 */
export function currentOf(
  purchase: SubscriptionRow | undefined,
  grant: GrantRow | undefined,
  now: Date,
): BillingSubscription | null {
  const isGiven = grant !== undefined && isInForce(grant, now);
  if (purchase && (isRunning(purchase) || !isGiven)) return toSubscription(purchase);
  return grant ? toGranted(grant, now) : null;
}

/** What counts as somebody's subscription; null for who never had any. */
export async function subscriptionOf(context: GraphQLContext, userId: string): Promise<BillingSubscription | null> {
  const { subscriptions, grants } = context.loaders;
  const [purchase, grant] = await Promise.all([subscriptions.load(userId), grants.load(userId)]);
  return currentOf(purchase, grant, context.now());
}
