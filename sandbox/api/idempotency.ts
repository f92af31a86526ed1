import { StripeRefusal } from "./errors.js";

/** The first answer to a key, given again to every repetition. */
export interface KeptAnswer {
  key: string;
  /** Method, path and parameters of the first request. */
  fingerprint: string;
  status: number;
  body: string;
  requestId: string;
  /** The sandbox's clock, in seconds. */
  at: number;
}

export interface IdempotencyKeys {
  /** Begins a request: the kept answer if there is one, else null and the key counts as in flight. */
  begin(key: string, fingerprint: string, now: number): KeptAnswer | null;
  /** Ends it: with an answer to keep, or null to free the key. */
  end(key: string, answer: KeptAnswer | null): void;
  dump(): KeptAnswer[];
}

const keptForSeconds = 24 * 3600;
const longestKey = 255;

/** https://docs.stripe.com/api/idempotent_requests */
export function createIdempotencyKeys(kept: KeptAnswer[]): IdempotencyKeys {
  const answers = new Map(kept.map((answer) => [answer.key, answer]));
  const inFlight = new Set<string>();
  return {
    begin: (key, fingerprint, now) => {
      if (key.length > longestKey) {
        throw refusal(400, undefined, `Idempotency keys can be up to ${longestKey} characters long.`);
      }
      if (inFlight.has(key)) {
        throw refusal(
          409,
          "idempotency_key_in_use",
          `There is currently another in-progress request using this Idempotent Key (that probably means you submitted ` +
            `twice, and the other request is still going through): ${key}. Please try again later.`,
        );
      }
      for (const [old, { at }] of answers) if (at + keptForSeconds < now) answers.delete(old);
      const answer = answers.get(key);
      if (!answer) {
        inFlight.add(key);
        return null;
      }
      if (answer.fingerprint === fingerprint) return answer;
      throw refusal(
        400,
        undefined,
        "Keys for idempotent requests can only be used with the same parameters they were first used with. " +
          `Try using a key other than '${key}' if you meant to execute a different request.`,
      );
    },
    end: (key, answer) => {
      inFlight.delete(key);
      if (answer) answers.set(key, answer);
    },
    dump: () => [...answers.values()],
  };
}

/** Whether an answer is kept: once work began, errors included; not when it was refused at the door. */
export function isKept(status: number): boolean {
  return status < 300 || status === 402 || status >= 500;
}

function refusal(status: number, code: string | undefined, message: string): StripeRefusal {
  return new StripeRefusal(status, { type: "idempotency_error", message, ...(code ? { code } : {}) }, true);
}
