import type { Db } from "../db/client.js";
import { type BucketStore, msPerPoint, slackMs } from "./bucket.js";
import { deleteFullBuckets, settleRow } from "./rate-limit.repository.js";

/** Shares buckets through Postgres: one statement for each settlement. */
export function postgresBuckets(db: Db): BucketStore {
  return {
    async settle(key, bucket, { owed, owedForMs, cost }) {
      const secondsPerPoint = msPerPoint(bucket) / 1_000;
      const { isGranted, secondsUntilFull } = await settleRow(db, {
        key,
        owed: owed * secondsPerPoint,
        owedFor: owedForMs / 1_000,
        cost: cost * secondsPerPoint,
        capacity: bucket.capacity * secondsPerPoint + slackMs / 1_000,
      });
      return { isGranted, msUntilFull: secondsUntilFull * 1_000 };
    },
  };
}

/** Forgets the buckets that are full by now. */
export function forgetFullBuckets(db: Db): Promise<void> {
  return deleteFullBuckets(db);
}
