import {
  and,
  arrayContains,
  arrayOverlaps,
  count,
  eq,
  gt,
  inArray,
  isNotNull,
  isNull,
  lte,
  not,
  or,
  sql,
} from "drizzle-orm";
import { type Db, prepared } from "../../db/client.js";
import type { CustomerSnapshot } from "../../stripe/snapshots.js";
import type { Payer } from "./payer.js";
import { type UserRow, users } from "./user.table.js";

const byId = prepared((db) =>
  db
    .select()
    .from(users)
    .where(sql`${users.id} = any(${sql.placeholder("ids")}::uuid[])`)
    .prepare("users_by_id"),
);

/** The rows of these users, in no order. */
export function findUsers(db: Db, ids: readonly string[]): Promise<UserRow[]> {
  return byId(db).execute({ ids: [...ids] });
}

export async function findUser(db: Db, id: string): Promise<UserRow | undefined> {
  return (await findUsers(db, [id]))[0];
}

/** Whose Stripe customer this is, or was before it was deleted there. */
export async function findUserByStripeId(db: Db, stripeCustomerId: string): Promise<UserRow | undefined> {
  const isTheirs = eq(users.stripeCustomerId, stripeCustomerId);
  const wasTheirs = arrayContains(users.formerStripeCustomerIds, [stripeCustomerId]);
  return (await db.select().from(users).where(or(isTheirs, wasTheirs)))[0];
}

/** Whose Stripe customers these are, or were before they were deleted there; in no order. */
export function findUsersByStripeIds(db: Db, stripeCustomerIds: readonly string[]): Promise<UserRow[]> {
  const ids = [...stripeCustomerIds];
  const [isTheirs, wasTheirs] = [
    inArray(users.stripeCustomerId, ids),
    arrayOverlaps(users.formerStripeCustomerIds, ids),
  ];
  return db.select().from(users).where(or(isTheirs, wasTheirs));
}

/**
 * The payer's row, made now unless it was there. One that was made by use alone takes its profile now, once: what
 * Stripe is told of a customer must not change between one try and the next.
 */
export async function insertUser(db: Db, payer: Payer, createdAt: Date): Promise<UserRow> {
  const { userId: id, externalId, email, name } = payer;
  const [made] = await db
    .insert(users)
    .values({ id, externalId, email, name, createdAt })
    .onConflictDoUpdate({
      target: users.id,
      set: { email, name, isRegistered: true },
      setWhere: not(users.isRegistered),
    })
    .returning();
  const row = made ?? (await findUser(db, id));
  if (!row) throw new Error(`The row of user ${id} vanished while it was made.`);
  return row;
}

/** Ties a user to a Stripe customer, once: a user never changes its Stripe customer by accident. */
export async function setStripeCustomer(db: Db, userId: string, stripeCustomerId: string): Promise<void> {
  await db
    .update(users)
    .set({ stripeCustomerId })
    .where(and(eq(users.id, userId), isNull(users.stripeCustomerId)));
}

/** Notes that what is a user's at Stripe is being read for the first time. */
export async function beginImport(db: Db, userId: string): Promise<void> {
  await db.update(users).set({ isImportPending: true }).where(eq(users.id, userId));
}

/** Notes that all that is a user's at Stripe has been read. */
export async function endImport(db: Db, userId: string): Promise<void> {
  await db.update(users).set({ isImportPending: false }).where(eq(users.id, userId));
}

/** Unties a user from a Stripe customer that is no more, so that another one can be made; its currency, credit and card were only its. */
export async function forgetStripeCustomer(db: Db, userId: string, stripeCustomerId: string): Promise<void> {
  await db
    .update(users)
    .set({
      stripeCustomerId: null,
      currency: null,
      balance: 0,
      paymentMethod: null,
      cardMark: null,
      formerStripeCustomerIds: sql`${users.formerStripeCustomerIds} || array[${stripeCustomerId}]::text[]`,
      // Under the same key Stripe would answer with the deleted customer again.
      stripeAttempt: sql`${users.stripeAttempt} + 1`,
    })
    .where(and(eq(users.id, userId), eq(users.stripeCustomerId, stripeCustomerId)));
}

/** Makes the next try to create the Stripe customer a new request to Stripe. */
export async function startNextAttempt(db: Db, userId: string): Promise<void> {
  await db
    .update(users)
    .set({ stripeAttempt: sql`${users.stripeAttempt} + 1` })
    .where(eq(users.id, userId));
}

/** Makes the row equal to the Stripe customer. `cardMark` is that of its payment method. */
export async function storeProfile(
  db: Db,
  userId: string,
  customer: CustomerSnapshot,
  cardMark: string | null,
): Promise<UserRow | undefined> {
  const profile = { ...profileOf(customer), cardMark };
  return (await db.update(users).set(profile).where(eq(users.id, userId)).returning())[0];
}

/** What a row has of its Stripe customer. */
export function profileOf(customer: Profile): Profile {
  const { email, name, currency, balance, paymentMethod } = customer;
  return { email, name, currency, balance, paymentMethod };
}

type Profile = Pick<CustomerSnapshot, "email" | "name" | "currency" | "balance" | "paymentMethod">;

const isAtStripe = or(isNotNull(users.stripeCustomerId), sql`cardinality(${users.formerStripeCustomerIds}) > 0`);

/** How many users have or had a Stripe customer: all of them, and those up to an id, none of them for null. */
export async function countAtStripe(db: Db, upTo: string | null): Promise<{ all: number; upTo: number }> {
  const isBefore = upTo === null ? sql`false` : lte(users.id, upTo);
  const passed = sql`count(*) filter (where ${isBefore})`.mapWith(Number);
  const [row] = await db.select({ all: count(), upTo: passed }).from(users).where(isAtStripe);
  return row ?? { all: 0, upTo: 0 };
}

/** The next users, by id, who have or had a Stripe customer. */
export function findNextAtStripe(db: Db, after: string | null, limit: number): Promise<UserRow[]> {
  return db
    .select()
    .from(users)
    .where(and(isAtStripe, after === null ? undefined : gt(users.id, after)))
    .orderBy(users.id)
    .limit(limit);
}
