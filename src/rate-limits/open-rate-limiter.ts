import type { Logger } from "pino";
import type { Db } from "../db/client.js";
import { makeRateLimiter, type RateLimiter } from "./limiter.js";
import { postgresBuckets } from "./postgres-buckets.js";
import { redisBuckets } from "./redis-buckets.js";
import { shareBuckets } from "./shared-buckets.js";

/** A limiter, and how to let go of what it shares its buckets through. */
export interface OpenRateLimiter extends RateLimiter {
  close(): void;
}

/** Opens a limiter that shares its buckets through Redis where there is one, else through Postgres. */
export function openRateLimiter(redisUrl: string | null, db: Db, log: Logger): OpenRateLimiter {
  const now = () => performance.now();
  const redis = redisUrl === null ? null : redisBuckets(redisUrl);
  const limiter = makeRateLimiter({ shared: shareBuckets(redis ?? postgresBuckets(db), log, now), now });
  return { ...limiter, close: () => redis?.close() };
}
