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

/** Asks Stripe what a change costs. Nothing is made. */
export async function quoteOf({ stripe }: Deps, { order, timing, subscription }: PlanChange): Promise<Quote> {
  const isInTrial = subscription.status === "TRIALING" && !order.endsTrial;
  if (timing === "PERIOD_END" || isInTrial) {
    return { dueNow: 0, lines: [], recurring: await stripe.previewLaterPeriods(order) };
  }
  const { now, recurring } = await stripe.previewChange(order);
  return { dueNow: now.amount, lines: now.lines, recurring };
}

/**
 * Whether there is something to pay it from, should something be due. Where we know of nothing Stripe is asked, as a card
 * may have been left a moment ago.
 */
export async function isPayable({ stripe }: Deps, { dueNow }: Quote, change: PlanChange): Promise<boolean> {
  const { user, subscription } = change;
  if (dueNow <= 0 || subscription.paymentMethod || user.paymentMethod) return true;
  const [theirs, customer] = await Promise.all([
    stripe.getSubscription(subscription.stripeSubscriptionId),
    user.stripeCustomerId ? stripe.getCustomer(user.stripeCustomerId) : null,
  ]);
  return theirs.paymentMethod !== null || (customer?.paymentMethod ?? null) !== null;
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
