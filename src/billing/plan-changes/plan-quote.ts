import type { Deps } from "../../deps.js";
import type { InvoiceLineSnapshot } from "../../stripe/snapshots.js";
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

const notYet = { amount: 0, lines: [] };

/** Asks Stripe what a change costs. Nothing is made. */
export async function quoteOf({ stripe }: Deps, { order, timing }: PlanChange): Promise<Quote> {
  const [now, recurring] = await Promise.all([
    timing === "IMMEDIATE" ? stripe.previewChange(order) : notYet,
    stripe.previewLaterPeriods(order),
  ]);
  return { dueNow: now.amount, lines: now.lines, recurring };
}

/** Whether there is something to pay it from, should something be due. */
export function isPayable({ dueNow }: Quote, { user, subscription }: PlanChange): boolean {
  return dueNow <= 0 || subscription.paymentMethod !== null || user.paymentMethod !== null;
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
