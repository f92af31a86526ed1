import { z } from "zod";
import type { GraphQLContext } from "../../graphql/context.js";
import type { Announcement } from "../../live/announce.js";
import { outlast } from "../../live/outlast.js";
import { subscriptionStatuses } from "../../stripe/snapshots.js";
import { type ChangeCause, changeCauses } from "../allowances/standing.announcement.js";
import { toCustomer } from "../users/customer.type.js";
import { requirePayer } from "../users/payer.js";
import { causeOf, hasNews } from "./subscription.js";
import { findSubscriptionById } from "./subscription.service.js";
import type { SubscriptionRow } from "./subscription.table.js";
import { type CurrentSubscriptionUpdatedEvent, toSubscription } from "./subscription.type.js";

const status = z.enum(subscriptionStatuses).nullable();

/** What a committed change of a subscription says of itself; written by `subscription.sync.ts`. */
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
  return row ? eventOf(context, row, { previousStatus, cause, occurredAt }) : null;
}

/** The connection to the database was broken: what changed meanwhile shows by reading again. */
async function missed(context: GraphQLContext, userId: string, seen: SubscriptionRow | undefined) {
  const row = (await freshSubscription(context, userId))?.row;
  if (!row || (seen && !hasNews(seen, row))) return null;
  const occurredAt = context.now();
  return eventOf(context, row, { previousStatus: seen?.status ?? null, cause: causeOf(seen, row), occurredAt });
}

async function freshSubscription(context: GraphQLContext, userId: string) {
  context.loaders.forget();
  const row = await context.loaders.subscriptions.load(userId);
  return row && toSubscription(row);
}

interface Change {
  readonly previousStatus: SubscriptionRow["status"] | null;
  readonly cause: ChangeCause;
  readonly occurredAt: Date;
}

async function eventOf(
  context: GraphQLContext,
  row: SubscriptionRow,
  change: Change,
): Promise<CurrentSubscriptionUpdatedEvent | null> {
  context.loaders.forget();
  const user = await context.loaders.users.load(row.userId);
  return user ? { ...change, customer: toCustomer(user), subscription: toSubscription(row) } : null;
}
