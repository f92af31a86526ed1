import type { Deps } from "../../deps.js";
import { done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { reasonFault, recordAct } from "../audit/audit.js";
import { globalId } from "../global-id.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { performOnce } from "../users/idempotency.js";
import { getCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";
import { findSubscriptionById } from "./subscription.service.js";
import { syncSubscription } from "./subscription.sync.js";
import type { SubscriptionRow } from "./subscription.table.js";
import { refusedMove, trialEndFault } from "./trial-end.js";

/** Whose trial is to end when, and why. */
export interface ExtendTrial {
  /** Undefined for an ID that is no subscription's. */
  readonly subscriptionId: string | undefined;
  /** Stripe counts in seconds: a part of one is cut off. */
  readonly trialEndsAt: Date;
  readonly reason: string;
  readonly idempotencyKey?: string | null;
}

/** A move as it was decided, in instants as JSON has them. */
interface PlannedMove {
  readonly from: string | null;
  readonly to: string;
}

/** Lengthens or shortens a running trial. Nothing is charged for it before the new end. */
export async function extendTrial(
  deps: Deps,
  actor: string,
  { subscriptionId, reason, idempotencyKey: key, ...input }: ExtendTrial,
): Promise<Outcome<{ subscriptionId: string }>> {
  const trialEndsAt = new Date(Math.floor(input.trialEndsAt.getTime() / 1000) * 1000);
  const fault = reasonFault(reason);
  if (fault) return fault;
  const subscription = subscriptionId ? await findSubscriptionById(deps, subscriptionId) : undefined;
  if (!subscription) {
    return refuse("NOT_FOUND", "There is no such purchase on record.", { path: ["input", "subscriptionId"] });
  }
  const { id, userId } = subscription;
  const call = { userId, operation: "adminExtendTrial", key, input: { subscriptionId: id, trialEndsAt, reason } };
  return withCustomerLock(deps, userId, () =>
    performOnce<PlannedMove, { subscriptionId: string }>(
      deps,
      call,
      () => decide(deps, subscription, trialEndsAt),
      (planned, attempt) => perform(deps, subscription, planned, { actor, reason, attempt }),
    ),
  );
}

/** Judged by what Stripe has now. */
async function decide(deps: Deps, known: SubscriptionRow, to: Date): Promise<Outcome<PlannedMove>> {
  const fault = trialEndFault(to, deps.now());
  if (fault) return fault;
  const user = await getCustomer(deps, known.userId);
  const present = await commit(deps, await syncSubscription(deps, user, known.stripeSubscriptionId));
  const refused = refusedMove(present);
  return refused ?? done({ from: present.trialEndsAt?.toISOString() ?? null, to: to.toISOString() });
}

/** Who moves it, and in which try. */
interface Mover {
  readonly actor: string;
  readonly reason: string;
  readonly attempt: string;
}

async function perform(
  deps: Deps,
  { id, userId, stripeSubscriptionId }: SubscriptionRow,
  { from, to }: PlannedMove,
  { actor, reason, attempt }: Mover,
): Promise<Outcome<{ subscriptionId: string }>> {
  try {
    await deps.stripe.moveTrialEnd(stripeSubscriptionId, new Date(to), `trial-${attempt}`);
  } catch (error) {
    if (error instanceof StripeRefused) return tooLate(error);
    throw error;
  }
  const write = await syncSubscription(deps, await getCustomer(deps, userId), stripeSubscriptionId, "ADMIN");
  await commit(deps, async (inside) => {
    await write(inside);
    const details = {
      subscription: globalId("BillingSubscription", id),
      before: { trialEndsAt: from },
      after: { trialEndsAt: to },
    };
    await recordAct(inside, { id: attempt, actor, action: "trial.extend", userId, reason, details });
  });
  return done({ subscriptionId: id });
}

/** The moment has passed while we decided. Throws anything else again. */
function tooLate(error: StripeRefused): RefusedOutcome {
  if (error.param !== "trial_end") throw error;
  return refuse("INVALID_INPUT", "Stripe does not let a trial end then.", { path: ["input", "trialEndsAt"] });
}
