import { eq, sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import { type SubscriptionRow, subscriptions } from "./subscription.table.js";

/** The running one first, else the last: entitling before waiting before over, then the newest. */
const rank = sql`case
  when ${subscriptions.status} in ('ACTIVE', 'TRIALING', 'PAST_DUE') then 0
  when ${subscriptions.status} in ('CANCELED', 'INCOMPLETE_EXPIRED') then 2
  else 1 end`;

const currentOf = prepared((db) =>
  db
    .selectDistinctOn([subscriptions.userId])
    .from(subscriptions)
    .where(sql`${subscriptions.userId} = any(${sql.placeholder("userIds")}::uuid[])`)
    .orderBy(subscriptions.userId, rank, sql`${subscriptions.startedAt} desc`, sql`${subscriptions.id} desc`)
    .prepare("current_subscriptions"),
);

/** The subscription that counts for each of these users, in no order; users without any are left out. */
export function findCurrentSubscriptions(db: Db, userIds: readonly string[]): Promise<SubscriptionRow[]> {
  return currentOf(db).execute({ userIds: [...userIds] });
}

export async function findByStripeId(db: Db, stripeSubscriptionId: string): Promise<SubscriptionRow | undefined> {
  const mine = eq(subscriptions.stripeSubscriptionId, stripeSubscriptionId);
  return (await db.select().from(subscriptions).where(mine))[0];
}

export async function findSubscription(db: Db, id: string): Promise<SubscriptionRow | undefined> {
  return (await db.select().from(subscriptions).where(eq(subscriptions.id, id)))[0];
}

/** Writes the row of a Stripe subscription, new or not. */
export async function upsertSubscription(db: Db, row: typeof subscriptions.$inferInsert): Promise<SubscriptionRow> {
  const target = subscriptions.stripeSubscriptionId;
  const [stored] = await db.insert(subscriptions).values(row).onConflictDoUpdate({ target, set: row }).returning();
  if (!stored) throw new Error(`The row of ${row.stripeSubscriptionId} was not returned.`);
  return stored;
}
