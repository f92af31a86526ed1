import { type RefusedOutcome, refuse } from "../../errors.js";
import { isRunning } from "./subscription.js";
import type { SubscriptionRow } from "./subscription.table.js";

/** What can be done with a subscription, in alphabetical order. */
export const subscriptionActions = [
  "CANCEL",
  "CANCEL_PENDING_CHANGE",
  "CHANGE_PLAN",
  "OPEN_PORTAL",
  "PAUSE",
  "RESUME",
  "UPDATE_PAYMENT_METHOD",
] as const;
export type SubscriptionAction = (typeof subscriptionActions)[number];

/** What of a subscription its actions depend on. */
type State = Pick<SubscriptionRow, "status" | "cancelsAt" | "pendingChange" | "isPausable">;

/** Why each action would be refused whatever its input is; undefined when it would not. */
const refusals: Readonly<Record<SubscriptionAction, (state: State | undefined) => RefusedOutcome | undefined>> = {
  CANCEL: (state) => refusedUnlessPaidFor(state) ?? refusedEnding(state),
  CANCEL_PENDING_CHANGE: (state) => (hasPendingChange(state) ? undefined : refuse("NO_CHANGE_PENDING")),
  CHANGE_PLAN: (state) => refusedUnlessPaidFor(state) ?? refusedUnpaid(state) ?? refusedEnding(state),
  // The portal opens for everybody.
  OPEN_PORTAL: () => undefined,
  PAUSE: (state) =>
    refusedUnlessPaidFor(state) ??
    refusedUnpaid(state) ??
    refusedEnding(state) ??
    refusedTrial(state) ??
    refusedKind(state),
  RESUME: (state) => refusedUnlessPaidFor(state) ?? refusedGoingOn(state),
  // Another payment method makes sense while there is something left to charge.
  UPDATE_PAYMENT_METHOD: (state) => (isKept(state) ? undefined : refuse("NO_SUBSCRIPTION")),
};

/** Why an action would now be refused of somebody who may act for the account, whatever its input is; undefined when not. */
export function refusedAction(action: SubscriptionAction, state: State | undefined): RefusedOutcome | undefined {
  return refusals[action](state);
}

/** What would now be accepted of somebody who may act for an account, whose subscription is undefined where there is none. */
export function availableActions(state: State | undefined): SubscriptionAction[] {
  return subscriptionActions.filter((action) => refusedAction(action, state) === undefined);
}

function isKept(state: State | undefined): boolean {
  return state !== undefined && isRunning(state);
}

/** Whether an action is a page of Stripe's portal. */
export function isByPortal(action: SubscriptionAction): boolean {
  return action === "OPEN_PORTAL" || action === "UPDATE_PAYMENT_METHOD";
}

/** Whether a change of plan waits. What waits while a subscription is paused is no change, but its going on. */
export function hasPendingChange(state: State | undefined): boolean {
  return isKept(state) && state?.status !== "PAUSED" && state?.pendingChange !== null;
}

/** One that was never paid for gives up by itself: https://docs.stripe.com/billing/subscriptions/overview */
function refusedUnlessPaidFor(state: State | undefined): RefusedOutcome | undefined {
  return isKept(state) && state?.status !== "INCOMPLETE" ? undefined : refuse("NO_SUBSCRIPTION");
}

function refusedEnding(state: State | undefined): RefusedOutcome | undefined {
  return state?.cancelsAt
    ? refuse("ALREADY_CANCELED", "The subscription already ends; take that back first.")
    : undefined;
}

function refusedUnpaid(state: State | undefined): RefusedOutcome | undefined {
  if (state?.status === "PAUSED") return refuse("NO_SUBSCRIPTION", "The subscription is paused; resume it first.");
  const isLate = state?.status === "PAST_DUE" || state?.status === "UNPAID";
  return isLate ? refuse("PAYMENT_FAILED", "A payment is overdue; it has to be put right first.") : undefined;
}

/** Stripe pauses neither those that are in a trial nor those of some kinds: https://docs.stripe.com/billing/subscriptions/pause#limitations */
function refusedTrial(state: State | undefined): RefusedOutcome | undefined {
  const isTrial = state?.status === "TRIALING";
  return isTrial
    ? refuse("NO_SUBSCRIPTION", "Nothing is paid for yet that could be paused: the trial runs.")
    : undefined;
}

function refusedKind(state: State | undefined): RefusedOutcome | undefined {
  if (state?.isPausable) return undefined;
  return refuse(
    "PAYMENT_METHOD_REQUIRED",
    "Only a subscription that is charged automatically can be paused and resumed.",
  );
}

function refusedGoingOn(state: State | undefined): RefusedOutcome | undefined {
  if (state?.status === "PAUSED") return refusedKind(state);
  return state?.cancelsAt ? undefined : refuse("NOT_CANCELING");
}
