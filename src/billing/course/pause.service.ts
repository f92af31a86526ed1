import type { Deps } from "../../deps.js";
import { done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { overtaken } from "../plan-changes/perform-change.js";
import { planPauseEnd } from "../subscriptions/subscription.pause.js";
import { readSubscriptionAgain } from "../subscriptions/subscription.reading.js";
import { syncSubscription } from "../subscriptions/subscription.sync.js";
import { refusedAction } from "../subscriptions/subscription-actions.js";
import { dropWaiting, type Waiting } from "../subscriptions/waiting.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { performOnce } from "../users/idempotency.js";
import { getCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import type { Acted } from "./cancellation.service.js";
import { judgeUnusedTime, type UnusedTime, withhold } from "./unused-time.js";

/** How long to pause. */
export interface PauseSubscription {
  /** When to go on by itself; never when left out. */
  readonly resumesAt?: Date | null;
  readonly idempotencyKey?: string | null;
}

/** A pause, as it is written down before it is made. */
interface PlannedPause {
  readonly stripeSubscriptionId: string;
  readonly resumesAt: string | null;
  readonly waiting: Waiting;
  /** Missing in what an earlier release decided, which credited all of it. */
  readonly unused?: UnusedTime;
}

/**
 * Stops charging and granting: the running period ends now, and what is not used of it becomes credit, as far
 * as its payments were not taken back.
 *
 * Never by `pause_collection`, which leaves the subscription active. What waits, a change of plan or the payment for
 * one, is dropped: https://docs.stripe.com/billing/subscriptions/pause
 */
export function pauseSubscription(
  deps: Deps,
  userId: string,
  { resumesAt, idempotencyKey: key }: PauseSubscription,
): Promise<Outcome<Acted>> {
  const call = { userId, operation: "pauseSubscription", key, input: { resumesAt: resumesAt?.toISOString() } };
  return withCustomerLock(deps, userId, () =>
    performOnce(
      deps,
      call,
      () => decide(deps, userId, resumesAt ?? null),
      async (planned) => perform(deps, await getCustomer(deps, userId), planned),
    ),
  );
}

async function decide(deps: Deps, userId: string, resumesAt: Date | null): Promise<Outcome<PlannedPause>> {
  const fault = resumesAt && endFault(resumesAt, deps.now());
  if (fault) return fault;
  const subscription = await readSubscriptionAgain(deps, userId);
  const refused = refusedAction("PAUSE", subscription);
  if (refused || !subscription) return refused ?? refuse("NO_SUBSCRIPTION");
  const { stripeSubscriptionId, stripeScheduleId, pendingChange } = subscription;
  return done({
    stripeSubscriptionId,
    resumesAt: resumesAt?.toISOString() ?? null,
    waiting: { stripeScheduleId, pendingChange },
    unused: await judgeUnusedTime(deps, subscription),
  });
}

function endFault(resumesAt: Date, now: Date): RefusedOutcome | undefined {
  if (resumesAt > now && resumesAt.getUTCFullYear() <= 9999) return undefined;
  const message = "A pause ends in the future, before the year 10000.";
  return refuse("INVALID_INPUT", message, { path: ["input", "resumesAt"] });
}

async function perform(
  deps: Deps,
  user: UserRow,
  { stripeSubscriptionId: id, resumesAt, waiting, unused = { isCredited: true } }: PlannedPause,
): Promise<Outcome<Acted>> {
  if (!(await dropWaiting(deps, id, waiting))) return overtaken();
  // First, so that no pause is without its end, should this run be cut off.
  await planPauseEnd(deps, id, resumesAt === null ? null : new Date(resumesAt));
  try {
    await deps.stripe.pauseSubscription(id, unused);
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
    // It has changed just now, in the dashboard or by the clock.
    await planPauseEnd(deps, id, null);
    const refused = refusedAction("PAUSE", await commit(deps, await syncSubscription(deps, user, id)));
    if (refused) return refused;
    throw error;
  }
  await withhold(deps, id, unused);
  const write = await syncSubscription(deps, user, id, "CUSTOMER");
  return done({ subscriptionId: (await commit(deps, write)).id });
}
