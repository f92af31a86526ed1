import { Redis } from "ioredis";
import { z } from "zod";
import { type BucketStore, msPerPoint, slackMs } from "./bucket.js";

/**
 * The same as rate-limit.repository.ts does in Postgres, by Redis' own clock. A key ends by itself when its bucket is
 * full. Milliseconds; instants are kept with microseconds, as texts.
 */
const settleScript = `
local seconds, micros = unpack(redis.call("TIME"))
local now = seconds * 1000 + micros / 1000
local owed, owed_for, cost, capacity = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local full_at = math.max(tonumber(redis.call("GET", KEYS[1]) or 0), now - owed_for) + owed
local after_cost = math.max(full_at, now) + cost
local is_granted = after_cost <= now + capacity
if is_granted then full_at = after_cost end
local left = full_at - now
if left > 0 then
  redis.call("SET", KEYS[1], string.format("%.3f", full_at), "PX", math.ceil(left))
else
  redis.call("DEL", KEYS[1])
end
return { is_granted and 1 or 0, string.format("%.3f", left) }
`;

const keyPrefix = "billing:rate-limit:";
const answer = z.tuple([z.number(), z.coerce.number()]);

/** Buckets in Redis, and how to let go of it. */
export interface RedisBuckets extends BucketStore {
  close(): void;
}

/** Shares buckets through Redis. Connects by itself, and again when it has to; meanwhile `settle` rejects at once. */
export function redisBuckets(url: string): RedisBuckets {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    retryStrategy: () => 500,
  });
  redis.on("error", () => {}); // each settlement that fails says so itself
  return {
    async settle(key, bucket, { owed, owedForMs, cost }) {
      const each = msPerPoint(bucket);
      const args = [owed * each, owedForMs, cost * each, bucket.capacity * each + slackMs];
      const [isGranted, msUntilFull] = answer.parse(await redis.eval(settleScript, 1, `${keyPrefix}${key}`, ...args));
      return { isGranted: isGranted === 1, msUntilFull };
    },
    close: () => redis.disconnect(),
  };
}
