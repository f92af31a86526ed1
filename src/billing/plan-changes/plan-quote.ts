import type { Deps } from "../../deps.js";
import { type RefusedOutcome, refuse } from "../../errors.js";
import type { InvoiceLineSnapshot } from "../../stripe/snapshots.js";
import { cardOnFile } from "../subscriptions/card-on-file.js";
import type { PlanChange } from "./plan-change.js";
import type { Agreed } from "./preview-token.js";

/** What a change costs. Minor units of the subscription's currency. */
export interface Quote {
  /** To be paid at once, after the customer's credit; below 0 what is credited. */
  readonly dueNow: number;
  readonly lines: readonly InvoiceLineSnapshot[];
  /** What each later period costs. */
  readonly recurring: number;
}

/** Asks Stripe what a change costs. Nothing is made. */
export async function quoteOf({ stripe }: Deps, { order, timing, subscription }: PlanChange): Promise<Quote> {
  const isInTrial = subscription.status === "TRIALING" && !order.endsTrial;
  if (timing === "PERIOD_END" || isInTrial) {
    return { dueNow: 0, lines: [], recurring: await stripe.previewLaterPeriods(order) };
  }
  const { now, recurring } = await stripe.previewChange(order);
  return { dueNow: now.amount, lines: now.lines, recurring };
}

/** Why there has to be a card first; undefined where there is one, or none is needed. */
export async function refusedForCard(
  deps: Deps,
  { dueNow }: Quote,
  change: PlanChange,
): Promise<RefusedOutcome | undefined> {
  const { user, subscription } = change;
  const isInTrial = subscription.status === "TRIALING";
  if (dueNow <= 0 && !isInTrial) return undefined;
  const { hasCard, stopsWithoutCard } = await cardOnFile(deps, user, subscription);
  if (hasCard) return undefined;
  if (stopsWithoutCard && !goesAlong(change)) return noCardInTrial();
  return dueNow > 0 ? refuse("PAYMENT_METHOD_REQUIRED") : undefined;
}

/** To end such a trial without a card is to end the subscription. */
export function noCardInTrial(): RefusedOutcome {
  return refuse(
    "PAYMENT_METHOD_REQUIRED",
    "The trial was begun without a card; leave one first, then change the plan.",
  );
}

/** Whether a trial that was begun without a card may go on so: at once, and where the other tier has such a trial too. */
function goesAlong({ timing, order, to }: PlanChange): boolean {
  return timing === "IMMEDIATE" && !order.endsTrial && to.tier.isTrialWithoutCard;
}

/** What a customer agrees to who accepts a quote. */
export function agreementOn(change: PlanChange, quote: Quote, promotionCode: string | null): Agreed {
  return {
    subscriptionId: change.subscription.id,
    priceId: change.to.price.id,
    quantity: change.to.quantity,
    promotionCode,
    timing: change.timing,
    prorationAt: change.order.prorationAt.toISOString(),
    effectiveAt: change.effectiveAt.toISOString(),
    dueNow: quote.dueNow,
    recurring: quote.recurring,
  };
}

const lastsMs = 15 * 60 * 1000;

/** Whether an agreement was made so long ago that its prices are too old to be charged. */
export function isTooOld({ prorationAt }: Agreed, now: Date): boolean {
  const age = now.getTime() - new Date(prorationAt).getTime();
  return !(age >= 0 && age <= lastsMs);
}

/** Whether two agreements are on the same change at the same price. */
export function isSameDeal(one: Agreed, other: Agreed): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
