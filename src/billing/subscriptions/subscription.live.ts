import { z } from "zod";
import type { GraphQLContext } from "../../graphql/context.js";
import type { Announcement } from "../../live/announce.js";
import { outlast } from "../../live/outlast.js";
import { subscriptionStatuses } from "../../stripe/snapshots.js";
import { findGrant } from "../allowances/grant.service.js";
import { type ChangeCause, changeCauses } from "../allowances/standing.announcement.js";
import { toCustomer } from "../users/customer.type.js";
import { requirePayer } from "../users/payer.js";
import { subscriptionOf, toGranted } from "./granted.js";
import { causeOf, hasNews, isRunning } from "./subscription.js";
import { findSubscriptionById } from "./subscription.service.js";
import type { SubscriptionRow } from "./subscription.table.js";
import {
  type BillingSubscription,
  type CurrentSubscriptionUpdatedEvent,
  type ShownRow,
  toSubscription,
} from "./subscription.type.js";

const status = z.enum(subscriptionStatuses).nullable();

/** What a committed change of a subscription says of itself; written where subscriptions and grants are. */
export const subscriptionFacts = z.object({
  subscriptionId: z.string(),
  previousStatus: status,
  cause: z.enum(changeCauses),
  occurredAt: z.coerce.date(),
});

/** Changes of the caller's subscriptions, one event for each committed change. */
export async function* subscriptionUpdates(context: GraphQLContext): AsyncGenerator<CurrentSubscriptionUpdatedEvent> {
  const { userId } = requirePayer(context.viewer);
  const changes = context.live.changes("subscription", userId);
  let seen = (await outlast(() => freshSubscription(context, userId)))?.row;
  for await (const change of changes) {
    const event = await outlast(() => (change ? announced(context, change) : missed(context, userId, seen)));
    if (!event) continue;
    seen = event.subscription.row;
    yield event;
  }
}

async function announced(
  context: GraphQLContext,
  change: Announcement,
): Promise<CurrentSubscriptionUpdatedEvent | null> {
  const { subscriptionId, previousStatus, cause, occurredAt } = subscriptionFacts.parse(change.facts);
  const row = await findSubscriptionById(context, subscriptionId);
  const subscription = row ? toSubscription(row) : await findShownGrant(context, subscriptionId);
  return subscription && eventOf(context, subscription, { previousStatus, cause, occurredAt });
}

/** A tier that was given, unless a purchase that runs stands before it as the customer's subscription. */
async function findShownGrant(context: GraphQLContext, id: string): Promise<BillingSubscription | null> {
  const grant = await findGrant(context, id);
  if (!grant) return null;
  context.loaders.forget();
  const purchase = await context.loaders.subscriptions.load(grant.userId);
  return purchase && isRunning(purchase) ? null : toGranted(grant, context.now());
}

/** The connection to the database was broken: what changed meanwhile shows by reading again. */
async function missed(context: GraphQLContext, userId: string, seen: ShownRow | undefined) {
  const subscription = await freshSubscription(context, userId);
  if (!subscription || (seen && !hasNews(seen, subscription.row))) return null;
  const occurredAt = context.now();
  const cause = causeOf(seen, subscription.row);
  return eventOf(context, subscription, { previousStatus: seen?.status ?? null, cause, occurredAt });
}

async function freshSubscription(context: GraphQLContext, userId: string) {
  context.loaders.forget();
  return subscriptionOf(context, userId);
}

interface Change {
  readonly previousStatus: SubscriptionRow["status"] | null;
  readonly cause: ChangeCause;
  readonly occurredAt: Date;
}

async function eventOf(
  context: GraphQLContext,
  subscription: BillingSubscription,
  change: Change,
): Promise<CurrentSubscriptionUpdatedEvent | null> {
  context.loaders.forget();
  const user = await context.loaders.users.load(subscription.row.userId);
  return user ? { ...change, customer: toCustomer(user), subscription } : null;
}
