import type { Deps } from "../../deps.js";
import { done, type Outcome, refuse } from "../../errors.js";
import type { CancellationReason } from "../../stripe/snapshots.js";
import { overtaken } from "../plan-changes/perform-change.js";
import { readSubscriptionAgain } from "../subscriptions/subscription.reading.js";
import { syncSubscription } from "../subscriptions/subscription.sync.js";
import { refusedAction } from "../subscriptions/subscription-actions.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { performOnce } from "../users/idempotency.js";
import { getCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";
import {
  type CancellationTiming,
  commentFault,
  type PlannedCancellation,
  performCancellation,
  planCancellation,
} from "./cancellation.js";

/** How a customer cancels, and what they say of it. */
export interface CancelSubscription {
  readonly timing: CancellationTiming;
  readonly reason?: CancellationReason | null;
  readonly comment?: string | null;
  readonly idempotencyKey?: string | null;
}

/** The subscription that an action was about. */
export interface Acted {
  readonly subscriptionId: string;
}

/**
 * Stops a customer's subscription: renewal only, so that access lasts until the period already paid for ends, or all of it
 * now. What waits, a change of plan or the payment for one, is dropped.
 */
export async function cancelSubscription(
  deps: Deps,
  userId: string,
  { idempotencyKey: key, ...input }: CancelSubscription,
): Promise<Outcome<Acted>> {
  const fault = commentFault(input.comment);
  if (fault) return fault;
  const call = { userId, operation: "cancelSubscription", key, input };
  return withCustomerLock(deps, userId, () =>
    performOnce(
      deps,
      call,
      () => decide(deps, userId, input),
      (planned) => perform(deps, userId, planned),
    ),
  );
}

async function decide(
  deps: Deps,
  userId: string,
  { timing, reason, comment }: CancelSubscription,
): Promise<Outcome<PlannedCancellation>> {
  const subscription = await readSubscriptionAgain(deps, userId);
  const refused = refusedAction("CANCEL", subscription);
  if (refused || !subscription) return refused ?? refuse("NO_SUBSCRIPTION");
  const words = { reason: reason ?? null, comment: comment?.trim() || null };
  return done(await planCancellation(deps, subscription, { timing, ...words }));
}

async function perform(deps: Deps, userId: string, planned: PlannedCancellation): Promise<Outcome<Acted>> {
  const user = await getCustomer(deps, userId);
  if (!(await performCancellation(deps, user, planned))) return overtaken();
  const write = await syncSubscription(deps, user, planned.stripeSubscriptionId, "CUSTOMER");
  return done({ subscriptionId: (await commit(deps, write)).id });
}
