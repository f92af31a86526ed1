import type { Logger } from "pino";
import type { Viewer } from "../auth/viewer.js";
import { BillingError } from "../errors.js";
import type { Metrics } from "../metrics.js";
import type { Bucket } from "../rate-limits/bucket.js";
import type { RateLimiter, Verdict } from "../rate-limits/limiter.js";
import { callerKey, kindOf, moneyKey } from "./budget-keys.js";
import type { Cost } from "./cost.js";
import { limits } from "./limits.js";

/** What an operation took. */
export interface Charge {
  readonly points: number;
  /** The caller's bucket after it; null where there is no limit. */
  readonly verdict: Verdict | null;
}

/** What one request or stream may spend. */
export interface Budget {
  /** Takes what an operation costs. Rejects with what the caller gets to hear when there is not as much: THROTTLED or BAD_USER_INPUT. */
  spend(cost: Cost): Promise<void>;
  /** What has been taken, or asked for; null until then. */
  readonly charge: Charge | null;
  /** How long to wait after a refusal; null without one. */
  readonly retryAfterSeconds: number | null;
}

/** Makes the budget of a request: its caller's, who is known by token or else by address. */
export type MakeBudget = (viewer: Viewer | null, address: () => string) => Budget;

/** Bucket sizes as they are set; null without a limit. */
export type BucketSizes = Readonly<
  Record<"anonymous" | "customer" | "service" | "admin" | "money", Pick<Bucket, "capacity" | "perSecond"> | null>
>;

/** What a budget reports to. */
export interface BudgetOptions {
  readonly limiter: RateLimiter;
  readonly sizes: BucketSizes;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** What `spend` fills in. */
interface Filled {
  charge: Charge | null;
  retryAfterSeconds: number | null;
}

/** A process gives so much of a bucket before it settles with the others. */
const creditShare = 0.1;

export function makeBudgets({ limiter, sizes, log, metrics }: BudgetOptions): MakeBudget {
  const callers = {
    anonymous: bucketOf(sizes.anonymous, creditShare),
    customer: bucketOf(sizes.customer, creditShare),
    service: bucketOf(sizes.service, creditShare),
    admin: bucketOf(sizes.admin, creditShare),
  };
  // Stripe takes longer than settling does, and so this one is exact.
  const money = bucketOf(sizes.money, 0);

  return (viewer, address) => {
    const kind = kindOf(viewer);
    const bucket = callers[kind];
    const budget: Filled & Budget = {
      charge: null,
      retryAfterSeconds: null,
      async spend({ points, money: changes }: Cost) {
        const key = callerKey(kind, viewer, address);
        const most = Math.min(bucket?.capacity ?? limits.cost, limits.cost);
        budget.charge = { points, verdict: null };
        if (bucket) {
          // What will never run costs a point all the same, or it could be asked for without end.
          const asked = limiter.spend(key, bucket, points > most ? 1 : points);
          const verdict = asked instanceof Promise ? await asked : asked;
          budget.charge = { points, verdict };
          demand(verdict, key, points);
        }
        if (points > most) throw tooMuch(points, most, "points");
        if (!money || !viewer) return; // nobody reaches Stripe without a token
        for (const [payer, times] of countEach(changes.map((named) => moneyKey(key, viewer, named)))) {
          if (times > money.capacity) throw tooMuch(times, money.capacity, "changes");
          demand(await limiter.spend(payer, money, times), payer, points);
        }
      },
    };

    function demand(verdict: Verdict, key: string, cost: number): void {
      if (verdict.isGranted) return;
      metrics.count("billing_throttled_operations_total");
      if (verdict.isNews) log.warn({ bucket: key }, "caller throttled");
      budget.retryAfterSeconds = Math.ceil(verdict.retryAfterMs / 1_000);
      throw throttled(budget.retryAfterSeconds, cost);
    }
    return budget;
  };
}

function bucketOf(size: BucketSizes["anonymous"], share: number): Bucket | null {
  return size && { ...size, credit: Math.ceil(size.capacity * share) };
}

function throttled(retryAfterSeconds: number, cost: number): BillingError {
  const wait = retryAfterSeconds === 1 ? "a second" : `${retryAfterSeconds} seconds`;
  return new BillingError("THROTTLED", `Too much was asked for in a short time. Try again in ${wait}.`, {
    retryAfterSeconds,
    cost,
  });
}

/** Of what would be refused for ever: waiting does not help, asking for less does. */
function tooMuch(asked: number, most: number, what: "points" | "changes"): BillingError {
  const message = `This operation costs ${asked} ${what}, and ${most} are the most that one may cost. Ask for less at once: smaller pages, fewer fields.`;
  return new BillingError("BAD_USER_INPUT", message);
}

function countEach(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
