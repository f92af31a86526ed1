import type Stripe from "stripe";
import { makingOnce } from "./stripe-errors.js";

/** What is asked of Stripe to move the end of a trial. Fails as `StripeGateway` does. */
export interface StripeTrialGateway {
  /**
   * Lets a running trial end then, and the first period begin: nothing is charged or credited for the difference.
   * A repeated key gives the first answer again; `StripeKeySpent` says that the next try needs another one.
   */
  moveTrialEnd(subscriptionId: string, trialEndsAt: Date, idempotencyKey: string): Promise<void>;
}

/** The gateway over the SDK. */
export function makeTrialGateway(stripe: Stripe): StripeTrialGateway {
  return {
    moveTrialEnd: async (id, trialEndsAt, idempotencyKey) => {
      const trial_end = trialEndsAt.getTime() / 1000;
      await makingOnce<Stripe.Subscription>({
        find: () => stripe.subscriptions.retrieve(id),
        isMade: (found) => found.trial_end === trial_end,
        make: () => stripe.subscriptions.update(id, { trial_end, proration_behavior: "none" }, { idempotencyKey }),
      });
    },
  };
}
