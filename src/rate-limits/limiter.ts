import { type Bucket, msPerPoint, msUntilPoints, pointsIn, type Settled, slackMs } from "./bucket.js";
import { recent } from "./recent.js";
import type { SharedBuckets } from "./shared-buckets.js";

/** Whether points were given, and what is left. */
export interface Verdict {
  readonly isGranted: boolean;
  readonly bucket: Bucket;
  /** Whole points left. */
  readonly remaining: number;
  /** When the bucket will be full again. */
  readonly msUntilFull: number;
  /** When there will be enough; 0 when there was. */
  readonly retryAfterMs: number;
  /** Whether it is the first refusal of this bucket in a minute: worth a line in the log. */
  readonly isNews: boolean;
}

/** Gives points while there are any. Answers at once unless it has to settle. */
export interface RateLimiter {
  spend(key: string, bucket: Bucket, cost: number): Verdict | Promise<Verdict>;
}

/** What this process knows of one bucket. */
interface Account {
  /** When it will be full, on our clock, as far as we know: others may have taken more. */
  fullAt: number;
  /** Given here and not settled yet. */
  owed: number;
  owedAt: number;
  settling: Promise<Settled | null> | undefined;
  refusedAt: number;
}

export interface LimiterOptions {
  readonly shared: SharedBuckets;
  /** Milliseconds on a clock that only moves forward. */
  readonly now: () => number;
  /** How many buckets are remembered at least, and half of what is remembered at most. */
  readonly buckets?: number;
}

const newsMs = 60_000;

/**
 * Limits callers, by buckets that all processes share.
 *
 * What another process took is only known after settling with the store, and settling each point would cost more than
 * what it pays for. So each process gives a bucket's points on credit and settles when the credit is used up: a caller
 * who asks little never touches the store. All processes together can give at most `capacity` and one credit each at
 * once. One process alone is never over, and at most a credit under. What the known points forbid is refused without
 * asking: others can only have taken more.
 */
export function makeRateLimiter({ shared, now, buckets = 25_000 }: LimiterOptions): RateLimiter {
  const accounts = recent<Account>(buckets, () => ({
    fullAt: 0,
    owed: 0,
    owedAt: 0,
    settling: undefined,
    refusedAt: -newsMs,
  }));

  function verdict(account: Account, bucket: Bucket, cost: number, isGranted: boolean): Verdict {
    const at = now();
    const msUntilFull = account.fullAt - at;
    const isNews = !isGranted && at - account.refusedAt >= newsMs;
    if (isNews) account.refusedAt = at;
    const retryAfterMs = isGranted ? 0 : Math.max(1, msUntilPoints(bucket, msUntilFull, cost));
    const remaining = pointsIn(bucket, msUntilFull);
    return { isGranted, bucket, remaining, msUntilFull: Math.max(0, msUntilFull), retryAfterMs, isNews };
  }

  function spend(key: string, bucket: Bucket, cost: number): Verdict | Promise<Verdict> {
    const account = accounts.get(key);
    const at = now();
    if (msUntilPoints(bucket, account.fullAt - at, cost) > slackMs) return verdict(account, bucket, cost, false);
    if (account.owed + cost > bucket.credit) return settleFirst(key, bucket, cost, account);
    account.owed += cost;
    account.owedAt = at;
    return give(account, bucket, cost);
  }

  function give(account: Account, bucket: Bucket, cost: number): Verdict {
    account.fullAt = Math.max(account.fullAt, now()) + cost * msPerPoint(bucket);
    return verdict(account, bucket, cost, true);
  }

  async function settleFirst(key: string, bucket: Bucket, cost: number, account: Account): Promise<Verdict> {
    // One settlement at a time: whoever waited for it may find credit again.
    if (account.settling) {
      await account.settling;
      return spend(key, bucket, cost);
    }
    const { owed } = account;
    account.settling = shared.settle(key, bucket, { owed, owedForMs: now() - account.owedAt, cost });
    const settled = await account.settling;
    account.settling = undefined;
    account.owed -= owed;
    if (!settled) return spendAlone(account, bucket, cost);
    account.fullAt = now() + settled.msUntilFull + account.owed * msPerPoint(bucket);
    return verdict(account, bucket, cost, settled.isGranted);
  }

  /** Nobody to settle with: what this process knows has to do, and nothing is owed. */
  function spendAlone(account: Account, bucket: Bucket, cost: number): Verdict {
    const isGranted = msUntilPoints(bucket, account.fullAt - now(), cost) <= slackMs;
    return isGranted ? give(account, bucket, cost) : verdict(account, bucket, cost, false);
  }

  return { spend };
}
