import { and, eq, lt } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import { newId } from "../../db/new-id.js";
import { idempotencyKeys } from "./idempotency.table.js";

/** What was answered to this key. */
export async function findAnswer(db: Db, userId: string, key: string) {
  const mine = and(eq(idempotencyKeys.userId, userId), eq(idempotencyKeys.key, key));
  return (await db.select().from(idempotencyKeys).where(mine))[0];
}

/** Keeps an answer, in place of an older one under the same key. */
export async function storeAnswer(db: Db, row: typeof idempotencyKeys.$inferInsert): Promise<void> {
  const target = [idempotencyKeys.userId, idempotencyKeys.key];
  await db.insert(idempotencyKeys).values(row).onConflictDoUpdate({ target, set: row });
}

/** Has the next try of what was begun under a key told from the last. */
export async function startNextAttempt(db: Db, userId: string, key: string): Promise<void> {
  const mine = and(eq(idempotencyKeys.userId, userId), eq(idempotencyKeys.key, key));
  await db.update(idempotencyKeys).set({ attempt: newId() }).where(mine);
}

/** Forgets what was begun or answered under a key. */
export async function deleteAnswer(db: Db, userId: string, key: string): Promise<void> {
  await db.delete(idempotencyKeys).where(and(eq(idempotencyKeys.userId, userId), eq(idempotencyKeys.key, key)));
}

/** Drops what was answered before an instant. */
export async function deleteAnswersBefore(db: Db, instant: Date): Promise<void> {
  await db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, instant));
}
