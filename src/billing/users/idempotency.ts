import { createHash } from "node:crypto";
import { newId } from "../../db/new-id.js";
import type { Deps } from "../../deps.js";
import { isRefused, type Outcome, refuse } from "../../errors.js";
import { StripeKeySpent } from "../../stripe/stripe-errors.js";
import {
  deleteAnswer,
  deleteAnswersBefore,
  findAnswer,
  startNextAttempt,
  storeAnswer,
} from "./idempotency.repository.js";
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
 * is stored after its effects, so a crash between the two runs it again. "Try again in a moment" is no answer to keep.
 */
export async function answerOnce<T>(deps: Deps, call: Call, run: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  if (!call.key) return run();
  if (!isIdempotencyKey(call.key)) return refuse("INVALID_INPUT", keyFault, { path: ["input", "idempotencyKey"] });
  const inputHash = hashOf(call);
  const known = await findAnswer(deps.db, call.userId, call.key);
  if (known && isKept(deps, known.createdAt)) {
    if (known.inputHash !== inputHash) return refuse("IDEMPOTENCY_KEY_REUSED");
    // Only this function writes answers, and the hash names the operation: what was stored is this `Outcome<T>`.
    if (known.answer !== null) return known.answer as Outcome<T>;
  }
  const answer = await run();
  // What was decided before has been overtaken, and goes with it: the next try decides anew.
  if (isForNow(answer)) await deleteAnswer(deps.db, call.userId, call.key);
  else await storeAnswer(deps.db, { userId: call.userId, key: call.key, inputHash, answer, createdAt: deps.now() });
  return answer;
}

/**
 * As `answerOnce`, for what changes something at Stripe.
 *
 * What `decide` comes to is written down before `perform` does it: a run that was cut off is done again as it was decided,
 * whatever has become of the account since, and under the same `attempt`, which goes into Stripe's idempotency keys; under
 * another one where Stripe's own failure has spent that. An intent must be JSON, and `perform` fit to run twice.
 */
export async function performOnce<Intent, T>(
  deps: Deps,
  call: Call,
  decide: () => Promise<Outcome<Intent>>,
  perform: (intent: Intent, attempt: string) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const performing = (intent: Intent, attempt: string) => attempting(deps, call, perform(intent, attempt));
  const begun = await findBegun(deps, call);
  if (begun) return answerOnce(deps, call, () => performing(begun.intent as Intent, begun.attempt));
  return answerOnce(deps, call, async () => {
    const decided = await decide();
    if (isRefused(decided)) return decided;
    const attempt = newId();
    if (call.key) {
      const { userId, key } = call;
      const row = { userId, key, inputHash: hashOf(call), answer: null, intent: decided.value, attempt };
      await storeAnswer(deps.db, { ...row, createdAt: deps.now() });
    }
    return performing(decided.value, attempt);
  });
}

/** Waits for an attempt. The next is another one where Stripe would repeat a failure under this one. */
async function attempting<T>({ db }: Deps, { userId, key }: Call, performing: Promise<T>): Promise<T> {
  try {
    return await performing;
  } catch (error) {
    if (key && error instanceof StripeKeySpent) await startNextAttempt(db, userId, key);
    throw error;
  }
}

/** What an earlier call with this key and input decided and did not come to the end of. Only `performOnce` writes intents. */
async function findBegun(deps: Deps, call: Call): Promise<{ intent: unknown; attempt: string } | undefined> {
  if (!call.key || !isIdempotencyKey(call.key)) return undefined;
  const known = await findAnswer(deps.db, call.userId, call.key);
  if (!known?.attempt || known.answer !== null || known.inputHash !== hashOf(call)) return undefined;
  return isKept(deps, known.createdAt) ? { intent: known.intent, attempt: known.attempt } : undefined;
}

function isForNow({ refusals }: Outcome<unknown>): boolean {
  return refusals.some(({ code }) => code === "REQUEST_IN_PROGRESS");
}

function isKept(deps: Deps, createdAt: Date): boolean {
  return createdAt.getTime() > deps.now().getTime() - keptMs;
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
