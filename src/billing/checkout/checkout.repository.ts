import { and, eq, exists, inArray, isNotNull, lte, notInArray, sql } from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import { belongsToOwners, type Owners, ownersParameter } from "../../db/owners.js";
import type { CheckoutSnapshot, SubscriptionStatus } from "../../stripe/snapshots.js";
import { subscriptions } from "../subscriptions/subscription.table.js";
import { type CheckoutRow, type CheckoutStatus, checkoutSessions } from "./checkout.table.js";

const live: CheckoutStatus[] = ["OPEN", "PROCESSING"];

/** The one checkout of a user that can still be paid or is being put in force. */
export async function findLiveCheckout(db: Db, userId: string): Promise<CheckoutRow | undefined> {
  const mine = and(eq(checkoutSessions.userId, userId), inArray(checkoutSessions.status, live));
  return (await db.select().from(checkoutSessions).where(mine))[0];
}

const byId = prepared((db) =>
  db
    .select()
    .from(checkoutSessions)
    .where(
      and(
        sql`${checkoutSessions.id} = any(${sql.placeholder("ids")}::uuid[])`,
        belongsToOwners(checkoutSessions.userId),
      ),
    )
    .prepare("checkouts_by_id"),
);

/** The rows of these checkouts, in no order; somebody else's are left out. */
export function findCheckouts(db: Db, owners: Owners, ids: readonly string[]): Promise<CheckoutRow[]> {
  return byId(db).execute({ ids: [...ids], owners: ownersParameter(owners) });
}

/** A checkout of this user; somebody else's reads as missing. */
export async function findCheckout(db: Db, userId: string, id: string): Promise<CheckoutRow | undefined> {
  return (await findCheckouts(db, [userId], [id]))[0];
}

export async function insertCheckout(db: Db, row: typeof checkoutSessions.$inferInsert): Promise<CheckoutRow> {
  const [inserted] = await db.insert(checkoutSessions).values(row).returning();
  if (!inserted) throw new Error("The row of a new checkout was not returned.");
  return inserted;
}

/** Writes what Stripe said of a checkout. `status` is ours to judge: see `checkout.sync.ts`. */
export async function storeCheckout(
  db: Db,
  id: string,
  stripe: CheckoutSnapshot,
  status: CheckoutStatus,
  subscriptionId: string | null = null,
): Promise<CheckoutRow> {
  const url = status === "OPEN" ? stripe.url : null;
  const values = { stripeSessionId: stripe.id, expiresAt: stripe.expiresAt, url, status, subscriptionId };
  return update(db, id, values);
}

/** Closes a checkout of which Stripe never learned, or has forgotten. */
export function closeCheckout(db: Db, id: string): Promise<CheckoutRow> {
  return update(db, id, { status: "EXPIRED", url: null });
}

/** Notes whether the card of a paid checkout is still to become the customer's own. */
export async function setCardPending(db: Db, id: string, isCardPending: boolean): Promise<void> {
  await update(db, id, { isCardPending });
}

/** Paid checkouts whose card is still to become the customer's own, of one user or of everybody. */
export function findPendingCards(db: Db, limit: number, userId?: string): Promise<CheckoutRow[]> {
  const whose = userId === undefined ? undefined : eq(checkoutSessions.userId, userId);
  return db.select().from(checkoutSessions).where(and(checkoutSessions.isCardPending, whose)).limit(limit);
}

/** Makes the next try to create the session a new request to Stripe. */
export async function startNextAttempt(db: Db, id: string): Promise<void> {
  await update(db, id, { stripeAttempt: sql`${checkoutSessions.stripeAttempt} + 1` });
}

/** Live checkouts whose time is up, oldest first. */
export function findOverdueCheckouts(db: Db, now: Date, limit: number): Promise<CheckoutRow[]> {
  return db
    .select()
    .from(checkoutSessions)
    .where(and(inArray(checkoutSessions.status, live), lte(checkoutSessions.expiresAt, now)))
    .orderBy(checkoutSessions.expiresAt)
    .limit(limit);
}

/** Pages that can be paid though their customer has a subscription that runs, from elsewhere. */
export function findOvertakenCheckouts(db: Db, limit: number): Promise<CheckoutRow[]> {
  const runs = db
    .select({ one: sql`1` })
    .from(subscriptions)
    .where(and(eq(subscriptions.userId, checkoutSessions.userId), notInArray(subscriptions.status, notRunning)));
  return db
    .select()
    .from(checkoutSessions)
    .where(and(eq(checkoutSessions.status, "OPEN"), isNotNull(checkoutSessions.stripeSessionId), exists(runs)))
    .limit(limit);
}

/** Nothing of these is charged any more, or yet. */
const notRunning: SubscriptionStatus[] = ["CANCELED", "INCOMPLETE", "INCOMPLETE_EXPIRED"];

type Change = Parameters<ReturnType<Db["update"]>["set"]>[0];

async function update(db: Db, id: string, values: Change): Promise<CheckoutRow> {
  const [row] = await db.update(checkoutSessions).set(values).where(eq(checkoutSessions.id, id)).returning();
  if (!row) throw new Error(`There is no checkout ${id} to change.`);
  return row;
}

/** A user's checkouts at Stripe that count as live. */
export function findLiveAtStripe(db: Db, userId: string): Promise<CheckoutRow[]> {
  const isLive = and(inArray(checkoutSessions.status, live), isNotNull(checkoutSessions.stripeSessionId));
  return db
    .select()
    .from(checkoutSessions)
    .where(and(eq(checkoutSessions.userId, userId), isLive));
}

/** A user's checkout by the id of its session at Stripe. */
export async function findBySession(db: Db, userId: string, sessionId: string): Promise<CheckoutRow | undefined> {
  const isIt = and(eq(checkoutSessions.userId, userId), eq(checkoutSessions.stripeSessionId, sessionId));
  return (await db.select().from(checkoutSessions).where(isIt))[0];
}

/** Takes a subscription off the checkouts that it came of. */
export async function detachSubscription(db: Db, stripeSubscriptionId: string): Promise<void> {
  const gone = db
    .select({ id: subscriptions.id })
    .from(subscriptions)
    .where(eq(subscriptions.stripeSubscriptionId, stripeSubscriptionId));
  await db.update(checkoutSessions).set({ subscriptionId: null }).where(inArray(checkoutSessions.subscriptionId, gone));
}
