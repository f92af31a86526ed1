import { memoryOf, remember } from "../billing/subscription-memory.js";
import { addDays } from "../calendar.js";
import { recordEvent } from "../webhooks/events.js";
import { cause } from "./cause.js";

const daysBefore = 3;

/** Told three days before a trial ends, or at once if it is shorter. https://docs.stripe.com/billing/subscriptions/trials */
export const trialReminder = cause("subscription", {
  at: (subscription, world) => {
    const { status, trial_end, start_date, id } = subscription;
    if (status !== "trialing" || trial_end === null || memoryOf(world, id).trialEndTold === trial_end) return null;
    return Math.max(start_date, addDays(trial_end, -daysBefore));
  },
  run: (world, subscription) => {
    remember(world, subscription.id, { trialEndTold: subscription.trial_end });
    recordEvent(world, "customer.subscription.trial_will_end", subscription);
  },
});
