import { and, eq, isNull, sql } from "drizzle-orm";
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

export async function findUserByStripeId(db: Db, stripeCustomerId: string): Promise<UserRow | undefined> {
  return (await db.select().from(users).where(eq(users.stripeCustomerId, stripeCustomerId)))[0];
}

/** The payer's row, made now unless it was there. */
export async function insertUser(db: Db, payer: Payer, createdAt: Date): Promise<UserRow> {
  const values = { id: payer.userId, externalId: payer.externalId, email: payer.email, name: payer.name, createdAt };
  const [inserted] = await db.insert(users).values(values).onConflictDoNothing().returning();
  const row = inserted ?? (await findUser(db, payer.userId));
  if (!row) throw new Error(`The row of user ${payer.userId} vanished while it was made.`);
  return row;
}

/** Ties a user to a Stripe customer, once: a user never changes its Stripe customer by accident. */
export async function setStripeCustomer(db: Db, userId: string, stripeCustomerId: string): Promise<void> {
  await db
    .update(users)
    .set({ stripeCustomerId })
    .where(and(eq(users.id, userId), isNull(users.stripeCustomerId)));
}

/** Makes the next try to create the Stripe customer a new request to Stripe. */
export async function startNextAttempt(db: Db, userId: string): Promise<void> {
  await db
    .update(users)
    .set({ stripeAttempt: sql`${users.stripeAttempt} + 1` })
    .where(eq(users.id, userId));
}

/** Makes the row equal to the Stripe customer. */
export async function storeProfile(db: Db, userId: string, customer: CustomerSnapshot): Promise<UserRow | undefined> {
  const { email, name, currency } = customer;
  return (await db.update(users).set({ email, name, currency }).where(eq(users.id, userId)).returning())[0];
}
