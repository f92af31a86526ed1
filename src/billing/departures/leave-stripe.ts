import type { Deps } from "../../deps.js";
import { CustomerBusy } from "../../errors.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { performCancellation, planCancellation } from "../course/cancellation.js";
import { isRunning } from "../subscriptions/subscription.js";
import { syncSubscription } from "../subscriptions/subscription.sync.js";
import { commit } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";

/**
 * Ends all that runs for a Stripe customer, at once and without credit, which nobody could use up any more, and deletes
 * the customer. Call it under the customer's lock; it may be cut off and run again.
 *
 * Invoices for time that will not be delivered are withdrawn where nobody has paid them. A page that could still be paid
 * is closed first, so that no subscription begins meanwhile.
 *
 * Deleted and not redacted: a payment that was redacted cannot be refunded any more, and loses every dispute:
 * https://docs.stripe.com/privacy/redaction
 */
export async function leaveStripe(deps: Deps, user: UserRow, stripeCustomerId: string): Promise<void> {
  if ((await deps.stripe.getCustomer(stripeCustomerId)).isDeleted) return;
  for (const { id } of await deps.stripe.openCheckouts(stripeCustomerId)) await closePage(deps, id);
  for (const id of await deps.stripe.listSubscriptions(stripeCustomerId)) await endSubscription(deps, user, id);
  await deps.stripe.deleteCustomer(stripeCustomerId);
}

async function closePage({ stripe }: Deps, id: string): Promise<void> {
  try {
    await stripe.expireCheckout(id);
  } catch (error) {
    // One that was paid in this very moment is closed by that; what came of it is among the subscriptions.
    if (!(error instanceof StripeRefused)) throw error;
  }
}

async function endSubscription(deps: Deps, user: UserRow, id: string): Promise<void> {
  const row = await commit(deps, await syncSubscription(deps, user, id));
  if (!isRunning(row)) return;
  const planned = await planCancellation(deps, row, { timing: "IMMEDIATE", reason: null, comment: null });
  // What waited was paid for in this very moment: the next try finds it done.
  if (!(await performCancellation(deps, user, { ...planned, isCredited: false }))) throw new CustomerBusy();
  await commit(deps, await syncSubscription(deps, user, id, "ADMIN"));
}
