import { type Deps, inTransaction } from "../../deps.js";
import { done, type Outcome, refuse } from "../../errors.js";
import type { GrantRow } from "../allowances/allowance.table.js";
import { findGrant } from "../allowances/grant.service.js";
import { reasonFault, recordAct } from "../audit/audit.js";
import { globalId } from "../global-id.js";
import { overtaken } from "../plan-changes/perform-change.js";
import { isRunning } from "../subscriptions/subscription.js";
import { findSubscriptionById } from "../subscriptions/subscription.service.js";
import { syncSubscription } from "../subscriptions/subscription.sync.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { answerOnce, type Call, performOnce } from "../users/idempotency.js";
import { getCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";
import {
  type CancellationTiming,
  endOf,
  type PlannedCancellation,
  performCancellation,
  planCancellation,
} from "./cancellation.js";
import type { Acted } from "./cancellation.service.js";
import { endGivenTier } from "./grant-end.service.js";

/** Which subscription staff stop, when and why. */
export interface AdminCancelSubscription {
  /** Undefined for an ID that is no subscription's. */
  readonly subscriptionId: string | undefined;
  readonly timing: CancellationTiming;
  readonly reason: string;
  readonly idempotencyKey?: string | null;
}

/** A cancellation and how the subscription was before it. */
interface Planned extends PlannedCancellation {
  readonly before: ReturnType<typeof stateOf>;
}

/**
 * Stops any subscription that has not ended: also one whose first payment is still to come, now one that its customer has
 * canceled for later, and a tier that was given. The reason goes into the audit log with what was done.
 */
export async function adminCancelSubscription(
  deps: Deps,
  actor: string,
  input: AdminCancelSubscription,
): Promise<Outcome<Acted>> {
  const { subscriptionId: id, reason } = input;
  const fault = reasonFault(reason);
  if (fault) return fault;
  const bought = id && (await findSubscriptionById(deps, id));
  if (bought) return stopPurchase(deps, actor, bought, input);
  const given = id && (await findGrant(deps, id));
  if (given) return stopGrant(deps, actor, given, input);
  return refuse("NOT_FOUND", "There is no such subscription.", { path: ["input", "subscriptionId"] });
}

function stopPurchase(deps: Deps, actor: string, found: SubscriptionRow, input: AdminCancelSubscription) {
  const { userId } = found;
  const { timing, reason } = input;
  return withCustomerLock(deps, userId, () =>
    performOnce(
      deps,
      callOf(userId, input),
      () => decide(deps, found, timing),
      (planned, attempt) => perform(deps, planned, { id: attempt, actor, userId, reason }),
    ),
  );
}

/** Nothing of it is at Stripe: it and the answer to its key are written together, or neither is. */
function stopGrant(deps: Deps, actor: string, found: GrantRow, input: AdminCancelSubscription) {
  const { userId } = found;
  const { timing, reason } = input;
  return withCustomerLock(deps, userId, () =>
    inTransaction(deps, (inside) =>
      answerOnce(inside, callOf(userId, input), () => endGivenTier(inside, found, { actor, timing, reason })),
    ),
  );
}

function callOf(
  userId: string,
  { subscriptionId, timing, reason, idempotencyKey: key }: AdminCancelSubscription,
): Call {
  return { userId, operation: "adminCancelSubscription", key, input: { subscriptionId, timing, reason } };
}

async function decide(deps: Deps, found: SubscriptionRow, timing: CancellationTiming): Promise<Outcome<Planned>> {
  if (!isRunning(found)) return refuse("NO_SUBSCRIPTION", "This subscription has ended.");
  const user = await getCustomer(deps, found.userId);
  const row = await commit(deps, await syncSubscription(deps, user, found.stripeSubscriptionId));
  if (!isRunning(row)) return refuse("NO_SUBSCRIPTION", "This subscription has ended.");
  if (row.cancelsAt && endOf(row, timing) === "PERIOD_END") return refuse("ALREADY_CANCELED");
  const planned = await planCancellation(deps, row, { timing, reason: null, comment: null });
  return done({ ...planned, before: stateOf(row) });
}

async function perform(
  deps: Deps,
  { before, ...planned }: Planned,
  act: { readonly id: string; readonly actor: string; readonly userId: string; readonly reason: string },
): Promise<Outcome<Acted>> {
  const user = await getCustomer(deps, act.userId);
  if (!(await performCancellation(deps, user, planned))) return overtaken();
  const write = await syncSubscription(deps, user, planned.stripeSubscriptionId, "ADMIN");
  const { id } = await commit(deps, async (inside) => {
    const row = await write(inside);
    const subscription = globalId("BillingSubscription", row.id);
    const details = { subscription, timing: planned.timing, before, after: stateOf(row) };
    await recordAct(inside, { ...act, action: "subscription.cancel", details });
    return row;
  });
  return done({ subscriptionId: id });
}

/** What the audit log tells of a subscription; JSON has no instants. */
function stateOf({ status, cancelsAt, endedAt }: SubscriptionRow) {
  return { status, cancelsAt: cancelsAt?.toISOString() ?? null, endedAt: endedAt?.toISOString() ?? null };
}
