import type { Deps } from "../../deps.js";
import { readPeriodPayments } from "../history/period-payments.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";

/** What becomes of the time that is not used of a period which ends at once, as it is written down before. */
export interface UnusedTime {
  readonly isCredited: boolean;
  /** How much less is credited than Stripe does by itself, in minor units. Missing in what an earlier release decided. */
  readonly withheld?: number;
}

/**
 * What is to become of it: Stripe credits all of it, also where the money for it is with the customer again, or may be soon.
 * So it is credited less what was given back, and not at all while a bank has taken the money back, or may.
 */
export async function judgeUnusedTime(
  deps: Deps,
  { stripeSubscriptionId, currentPeriodEnd }: SubscriptionRow,
): Promise<UnusedTime> {
  if (!currentPeriodEnd) return { isCredited: true, withheld: 0 };
  const { givenBack, isDisputed } = await readPeriodPayments(deps, stripeSubscriptionId, currentPeriodEnd);
  return isDisputed ? { isCredited: false, withheld: 0 } : { isCredited: true, withheld: givenBack };
}

/** Takes off again what is not to be credited, once the period has ended. May be repeated. */
export async function withhold(
  { stripe, log }: Deps,
  subscription: string,
  { isCredited, withheld = 0 }: UnusedTime,
): Promise<void> {
  if (!isCredited || withheld === 0) return;
  try {
    await stripe.withholdCredit(subscription, withheld);
  } catch (error) {
    // Who asks again without a key is told that there is nothing any more, and it would stay so.
    log.error({ subscription, withheld, err: error }, "credit for what was given back could not be taken off");
    throw error;
  }
}
