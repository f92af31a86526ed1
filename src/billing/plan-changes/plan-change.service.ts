import type { Deps } from "../../deps.js";
import { done, type Outcome, refuse } from "../../errors.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { readSubscriptionAgain } from "../subscriptions/subscription.reading.js";
import { syncSubscription } from "../subscriptions/subscription.sync.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";
import { refusedAction } from "../subscriptions/subscription-actions.js";
import { dropWaiting, type Waiting } from "../subscriptions/waiting.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { performOnce } from "../users/idempotency.js";
import { getCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";
import { type Changed, overtaken, type PlannedChange, performChange, plannedOf } from "./perform-change.js";
import { type PlanChange, type PlanWish, planChangeOf } from "./plan-change.js";
import { agreementOn, isSameDeal, isTooOld, type Quote, quoteOf, refusedForCard } from "./plan-quote.js";
import { readAgreed, signAgreed } from "./preview-token.js";
import { refusalOf, stale } from "./stripe-refusal.js";

/** A change that may be made, and what it costs. */
export interface Offer {
  readonly change: PlanChange;
  readonly quote: Quote;
  /** What `changePlan` takes in place of a new quote, for a quarter of an hour. */
  readonly token: string;
}

/** What a change would cost and bring, judged as `changePlan` judges it. Nothing is made. */
export async function previewPlanChange(deps: Deps, userId: string, wish: PlanWish): Promise<Outcome<Offer>> {
  const priced = await priceChange(deps, userId, wish, wholeSecond(deps.now()));
  if (!priced.value) return priced;
  const { change, quote } = priced.value;
  const token = signAgreed(agreementOn(change, quote, codeOf(wish)), deps.settings.previewKey);
  return done({ change, quote, token });
}

/** A change of plan, and the preview that the customer agreed to. */
export interface ChangePlan extends PlanWish {
  readonly previewToken?: string | null;
  readonly idempotencyKey?: string | null;
}

/**
 * Moves a customer's subscription to another price, now or when its period ends.
 *
 * With the token of a preview it charges exactly what that showed, or nothing: everything is counted from the instant
 * of the preview, and priced once more before anything is made.
 */
export function changePlan(deps: Deps, userId: string, input: ChangePlan): Promise<Outcome<Changed>> {
  const { idempotencyKey: key, ...rest } = input;
  const call = { userId, operation: "changePlan", key, input: rest };
  return withCustomerLock(deps, userId, () =>
    performOnce<PlannedChange, Changed>(
      deps,
      call,
      () => decideChange(deps, userId, rest),
      async (planned, attempt) => performChange(deps, await getCustomer(deps, userId), planned, attempt),
    ),
  );
}

async function decideChange(
  deps: Deps,
  userId: string,
  { previewToken, ...wish }: ChangePlan,
): Promise<Outcome<PlannedChange>> {
  await readSubscriptionAgain(deps, userId);
  const agreed = previewToken ? readAgreed(previewToken, deps.settings.previewKey) : undefined;
  if (previewToken && (!agreed || isTooOld(agreed, deps.now()))) return stale();
  const at = agreed ? new Date(agreed.prorationAt) : wholeSecond(deps.now());
  const priced = await priceChange(deps, userId, wish, at);
  if (!priced.value) return priced;
  const { change, quote } = priced.value;
  if (agreed && !isSameDeal(agreed, agreementOn(change, quote, codeOf(wish)))) return stale();
  return done(plannedOf(change));
}

/** A change at the price of an instant; refused where it could not be paid for. */
async function priceChange(
  deps: Deps,
  userId: string,
  wish: PlanWish,
  at: Date,
): Promise<Outcome<{ change: PlanChange; quote: Quote }>> {
  const change = await planChangeOf(deps, userId, wish, at);
  if (!change.value) return change;
  try {
    const quote = await quoteOf(deps, change.value);
    const refused = await refusedForCard(deps, quote, change.value);
    return refused ?? done({ change: change.value, quote });
  } catch (error) {
    if (error instanceof StripeRefused) return refusalOf(deps, change.value.order, error);
    throw error;
  }
}

/** Drops a change that waits, for its date or for its payment. */
export function cancelPendingPlanChange(
  deps: Deps,
  userId: string,
  idempotencyKey: string | null | undefined,
): Promise<Outcome<{ subscriptionId: string }>> {
  const call = { userId, operation: "cancelPendingPlanChange", key: idempotencyKey, input: {} };
  return withCustomerLock(deps, userId, () =>
    performOnce(
      deps,
      call,
      async (): Promise<Outcome<Waiting & Pick<SubscriptionRow, "stripeSubscriptionId">>> => {
        const subscription = await readSubscriptionAgain(deps, userId);
        const refused = refusedAction("CANCEL_PENDING_CHANGE", subscription);
        if (refused || !subscription) return refused ?? refuse("NO_CHANGE_PENDING");
        const { stripeSubscriptionId, stripeScheduleId, pendingChange } = subscription;
        return done({ stripeSubscriptionId, stripeScheduleId, pendingChange });
      },
      async ({ stripeSubscriptionId, ...waiting }) => {
        if (!(await dropWaiting(deps, stripeSubscriptionId, waiting))) return overtaken();
        const user = await getCustomer(deps, userId);
        return done({
          subscriptionId: (await commit(deps, await syncSubscription(deps, user, stripeSubscriptionId))).id,
        });
      },
    ),
  );
}

function codeOf({ promotionCode }: PlanWish): string | null {
  return promotionCode?.trim() || null;
}

/** Stripe counts in seconds. */
function wholeSecond(now: Date): Date {
  return new Date(Math.floor(now.getTime() / 1000) * 1000);
}
