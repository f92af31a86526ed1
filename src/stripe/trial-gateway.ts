import type Stripe from "stripe";
import { asking } from "./stripe-errors.js";

/** What is asked of Stripe to move the end of a trial. Fails as `StripeGateway` does. */
export interface StripeTrialGateway {
  /**
   * Lets a running trial end then, and the first period begin: nothing is charged or credited for the difference.
   * A repeated key gives the first answer again.
   */
  moveTrialEnd(subscriptionId: string, trialEndsAt: Date, idempotencyKey: string): Promise<void>;
}

/** The gateway over the SDK. */
export function makeTrialGateway(stripe: Stripe): StripeTrialGateway {
  return {
    moveTrialEnd: (id, trialEndsAt, idempotencyKey) =>
      asking(async () => {
        const trial_end = trialEndsAt.getTime() / 1000;
        await stripe.subscriptions.update(id, { trial_end, proration_behavior: "none" }, { idempotencyKey });
      }),
  };
}
