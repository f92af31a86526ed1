import { createHash } from "node:crypto";
import type { Deps } from "../../deps.js";
import { type Outcome, refuse } from "../../errors.js";
import { deleteAnswersBefore, findAnswer, storeAnswer } from "./idempotency.repository.js";
import { isStorable } from "./input-text.js";

const keptMs = 24 * 60 * 60 * 1000;
const longestKey = 255;

/** Whether a caller's text can be a key. */
export function isIdempotencyKey(text: string): boolean {
  return isStorable(text, longestKey);
}

/** What to tell whoever sent something else. */
export const keyFault = `An idempotency key has 1 to ${longestKey} characters; a UUID is best.`;

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
  if (!isIdempotencyKey(call.key)) return refuse("INVALID_INPUT", keyFault, { path: ["input", "idempotencyKey"] });
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

/** The same for the same input, however it was spelled: order does not count, and null is as good as left out. */
function hashOf({ operation, input }: Call): string {
  const plain = (_key: string, value: unknown) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
    const given = Object.entries(value).filter(([, each]) => each !== null);
    return Object.fromEntries(given.sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return createHash("sha256")
    .update(`${operation}\n${JSON.stringify(input, plain)}`)
    .digest("base64url");
}

/** Drops the answers that are kept no longer. */
export function dropOldAnswers(deps: Deps): Promise<void> {
  return deleteAnswersBefore(deps.db, new Date(deps.now().getTime() - keptMs));
}
