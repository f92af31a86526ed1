import { type GraphQLSchema, isObjectType } from "graphql";
import { BillingError } from "../errors.js";
import type { GraphQLContext } from "./context.js";

/** How long one operation may take. */
export interface Deadline {
  hasPassed(): boolean;
  /** Milliseconds until it passes, 0 when it has. */
  msLeft(): number;
  /**
   * What the work comes to, or UPSTREAM_UNAVAILABLE when time is up.
   *
   * The work is not broken off: half of a purchase would be worse than a late one. It goes on to its
   * end, within the time that each statement and each call to Stripe has, and a retry finds what it made.
   */
  limit<T>(work: PromiseLike<T>): Promise<T>;
}

/** For a stream, which lasts until somebody ends it. */
export const noDeadline: Deadline = {
  hasPassed: () => false,
  msLeft: () => Number.POSITIVE_INFINITY,
  limit: async (work) => work,
};

/** Starts the clock. `onLateFailure` hears of work that failed when nobody waited for it any more. */
export function startDeadline(ms: number, onLateFailure: (error: unknown) => void): Deadline {
  const endsAt = performance.now() + ms;
  const waiting = new Set<(error: Error) => void>();
  let hasPassed = false; // timers of Node may be a moment early: what was refused and what may begin must not overlap
  let timer: NodeJS.Timeout | undefined;
  const stopClock = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const giveUp = () => {
    hasPassed = true;
    for (const reject of waiting) reject(tooLate());
    waiting.clear();
    stopClock();
  };
  const leave = (reject: (error: Error) => void) => {
    const wasWaiting = waiting.delete(reject);
    if (waiting.size === 0) stopClock();
    return wasWaiting;
  };
  return {
    hasPassed: () => hasPassed || performance.now() >= endsAt,
    msLeft: () => (hasPassed ? 0 : Math.max(0, endsAt - performance.now())),
    limit: (work) =>
      new Promise((resolve, reject) => {
        waiting.add(reject);
        timer ??= setTimeout(giveUp, Math.max(0, endsAt - performance.now()));
        work.then(
          (result) => {
            leave(reject);
            resolve(result);
          },
          (error: unknown) => {
            if (leave(reject)) reject(error);
            else onLateFailure(error);
          },
        );
      }),
  };
}

/**
 * Holds every field that has to wait to its operation's deadline, so that one slow field costs itself
 * alone: what is there in time is answered. Of several mutations none begins after the deadline.
 */
export function limitTime(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    for (const field of Object.values(type.getFields())) {
      const { resolve } = field;
      if (!resolve) continue;
      field.resolve = (parent, args, context: GraphQLContext, info) => {
        const { deadline } = context;
        if (deadline.hasPassed()) throw tooLate();
        const result: unknown = resolve(parent, args, context, info);
        return isPromise(result) ? deadline.limit(result) : result;
      };
    }
  }
  return schema;
}

function tooLate(): BillingError {
  return new BillingError("UPSTREAM_UNAVAILABLE", undefined, { retryable: true }, { cause: new Error("Out of time.") });
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
