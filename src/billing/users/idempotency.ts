import { createHash } from "node:crypto";
import { and, eq, lt } from "drizzle-orm";
import type { Db } from "../../db/client.js";
import type { Deps } from "../../deps.js";
import { type Outcome, refuse } from "../../errors.js";
import { idempotencyKeys } from "./idempotency.table.js";
import { isStorable } from "./input-text.js";

const keptMs = 24 * 60 * 60 * 1000;
const longestKey = 255;

/** One call of a mutation: the same key with the same operation and input gets the same answer again. */
export interface Call {
  readonly userId: string;
  readonly operation: string;
  readonly key: string | null | undefined;
  readonly input: unknown;
}

/**
 * Answers a repeated call with what the first one answered, for 24 hours.
 *
 * Runs under the customer's lock. `run` must find what an earlier, cut-off run of it made: its answer
 * is stored after its effects, so a crash between the two runs it again.
 */
export async function answerOnce<T>(deps: Deps, call: Call, run: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  if (!call.key) return run();
  if (!isStorable(call.key, longestKey)) {
    const path = ["input", "idempotencyKey"];
    return refuse("INVALID_INPUT", `An idempotency key has at most ${longestKey} characters; a UUID is best.`, {
      path,
    });
  }
  const inputHash = hashOf(call);
  const known = await findAnswer(deps.db, call.userId, call.key);
  if (known && known.createdAt.getTime() > deps.now().getTime() - keptMs) {
    if (known.inputHash !== inputHash) return refuse("IDEMPOTENCY_KEY_REUSED");
    // Only this function writes answers, and the hash names the operation: what was stored is this `Outcome<T>`.
    return known.answer as Outcome<T>;
  }
  const answer = await run();
  await storeAnswer(deps.db, { userId: call.userId, key: call.key, inputHash, answer, createdAt: deps.now() });
  return answer;
}

function hashOf({ operation, input }: Call): string {
  const sorted = (_key: string, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash("sha256")
    .update(`${operation}\n${JSON.stringify(input, sorted)}`)
    .digest("base64url");
}

async function findAnswer(db: Db, userId: string, key: string) {
  const mine = and(eq(idempotencyKeys.userId, userId), eq(idempotencyKeys.key, key));
  return (await db.select().from(idempotencyKeys).where(mine))[0];
}

async function storeAnswer(db: Db, row: typeof idempotencyKeys.$inferInsert): Promise<void> {
  const target = [idempotencyKeys.userId, idempotencyKeys.key];
  await db.insert(idempotencyKeys).values(row).onConflictDoUpdate({ target, set: row });
}

/** Drops the answers that are kept no longer. */
export async function dropOldAnswers(deps: Deps): Promise<void> {
  await deps.db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, new Date(deps.now().getTime() - keptMs)));
}
