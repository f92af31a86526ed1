import type { Logger } from "pino";
import { within } from "../within.js";
import type { Bucket, BucketStore, Settled, Settlement } from "./bucket.js";

/** The buckets that all processes share, as long as their store answers. */
export interface SharedBuckets {
  /** Null when the store does not answer: each process goes by what it knows itself. Never rejects, never takes long. */
  settle(key: string, bucket: Bucket, settlement: Settlement): Promise<Settled | null>;
}

/** How long a caller may have to wait for a store that does not answer, once in a while. */
const patienceMs = 250;
/** How long it is left alone then. */
const pauseMs = 1_000;

/** Puts up with a store that goes away: it limits callers, and must not keep them out by itself. */
export function shareBuckets(store: BucketStore, log: Logger, now: () => number): SharedBuckets {
  let isAway = false;
  let askAgainAt = 0;
  return {
    async settle(key, bucket, settlement) {
      if (now() < askAgainAt) return null;
      try {
        const settled = await within(patienceMs, store.settle(key, bucket, settlement));
        if (isAway) log.info("rate limits are shared again");
        isAway = false;
        return settled;
      } catch (error) {
        if (!isAway) log.warn({ err: error }, "rate limits are not shared: each process goes by what it sees itself");
        isAway = true;
        askAgainAt = now() + pauseMs;
        return null;
      }
    },
  };
}
