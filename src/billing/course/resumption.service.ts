import type { Deps } from "../../deps.js";
import { done, isRefused, type Outcome, refuse } from "../../errors.js";
import type { HeldPayment } from "../../stripe/plan-change.js";
import { isPaymentMethodMissing, StripeRefused } from "../../stripe/stripe-errors.js";
import { syncInvoice } from "../history/invoice.sync.js";
import { overtaken } from "../plan-changes/perform-change.js";
import { declined } from "../plan-changes/stripe-refusal.js";
import { isRunning } from "../subscriptions/subscription.js";
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

/** What is taken back, as it is written down before. */
interface PlannedResumption {
  readonly stripeSubscriptionId: string;
  readonly from: "CANCELLATION" | "PAUSE";
  readonly waiting: Waiting;
}

/**
 * Lets a subscription go on: takes back a cancellation that has not taken effect, whoever made it, or ends a pause, which
 * charges a new period at once. A payment that is declined leaves it paused, and nothing to be paid.
 */
export function resumeSubscription(
  deps: Deps,
  userId: string,
  key: string | null | undefined,
): Promise<Outcome<Acted>> {
  const call = { userId, operation: "resumeSubscription", key, input: {} };
  return withCustomerLock(deps, userId, () =>
    performOnce(
      deps,
      call,
      () => decide(deps, userId),
      async (planned) => perform(deps, await getCustomer(deps, userId), planned),
    ),
  );
}

async function decide(deps: Deps, userId: string): Promise<Outcome<PlannedResumption>> {
  const subscription = await readSubscriptionAgain(deps, userId);
  const refused = refusedAction("RESUME", subscription);
  if (refused || !subscription) return refused ?? refuse("NO_SUBSCRIPTION");
  const { stripeSubscriptionId, status, stripeScheduleId, pendingChange } = subscription;
  const from = status === "PAUSED" ? "PAUSE" : "CANCELLATION";
  return done({ stripeSubscriptionId, from, waiting: { stripeScheduleId, pendingChange } });
}

async function perform(
  deps: Deps,
  user: UserRow,
  { stripeSubscriptionId: id, from, waiting }: PlannedResumption,
): Promise<Outcome<Acted>> {
  // Each try to end a pause makes an invoice, and the last one's may still be there.
  if (from === "PAUSE" && !(await dropWaiting(deps, id, waiting))) return overtaken();
  const resumed = from === "PAUSE" ? await endPause(deps, user, id) : done(true);
  if (isRefused(resumed)) return resumed;
  // An end that is a schedule's own can be taken back only without it.
  if (waiting.stripeScheduleId) await deps.stripe.releaseSchedule(waiting.stripeScheduleId);
  await deps.stripe.takeCancellationBack(id);
  const write = await syncSubscription(deps, user, id, "CUSTOMER");
  return done({ subscriptionId: (await commit(deps, write)).id });
}

async function endPause(deps: Deps, user: UserRow, id: string): Promise<Outcome<true>> {
  try {
    const held = await deps.stripe.resumeSubscription(id);
    return held ? await settleHeld(deps, user, id, held) : done(true);
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
    if (isPaymentMethodMissing(error)) return refuse("PAYMENT_METHOD_REQUIRED");
    if (error.statusCode === 402) return declined();
    // Somebody else may have ended the pause in the dashboard just now.
    const row = await commit(deps, await syncSubscription(deps, user, id));
    if (row.status === "PAUSED") throw error;
    return isRunning(row) ? done(true) : refuse("NO_SUBSCRIPTION");
  }
}

/** What can be confirmed waits for that, and ends the pause once it is; what was declined is withdrawn. */
async function settleHeld(
  deps: Deps,
  user: UserRow,
  id: string,
  { invoiceId, confirmationUrl }: HeldPayment,
): Promise<Outcome<true>> {
  const isWithdrawn = confirmationUrl === null && (await deps.stripe.withdrawInvoice(invoiceId));
  await commit(deps, await syncInvoice(deps, user, invoiceId));
  const { status } = await commit(deps, await syncSubscription(deps, user, id));
  if (status !== "PAUSED") return done(true);
  if (confirmationUrl) return refuse("PAYMENT_ACTION_REQUIRED", undefined, { actionUrl: confirmationUrl });
  return isWithdrawn ? declined() : overtaken();
}
