import type { Deps } from "../../deps.js";
import { isUpstreamOutage } from "../../errors.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { dropPauseEnd, findOverduePauses, isPauseOver } from "../subscriptions/subscription.pause.js";
import { syncSubscription } from "../subscriptions/subscription.sync.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";
import { lockCustomer, unlessBusy } from "../users/customer-lock.js";
import { getCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";

const batch = 100;

/** So often Stripe may fail in a round: one that fails again and again must not keep the others from going on. */
const outagesBorne = 3;

/**
 * Ends the pauses whose end was set and has come, by the billing clock.
 *
 * Each is asked of Stripe once: where the payment does not go through Stripe tries it again by itself, and the subscription
 * goes on when it is paid. While Stripe is away all of them wait for the next round.
 */
export async function endOverduePauses(deps: Deps): Promise<void> {
  let outages = 0;
  for (const row of await findOverduePauses(deps, batch)) {
    try {
      await lockCustomer(deps, row.userId, () => endPause(deps, row)).catch(unlessBusy);
    } catch (error) {
      if (!isUpstreamOutage(error)) throw error;
      deps.log.warn({ subscription: row.stripeSubscriptionId, err: error }, "a pause that is over waits for Stripe");
      outages += 1;
      if (outages === outagesBorne) return;
    }
  }
}

async function endPause(deps: Deps, { userId, stripeSubscriptionId: id }: SubscriptionRow): Promise<void> {
  const user = await getCustomer(deps, userId);
  const before = await commit(deps, await syncSubscription(deps, user, id));
  if (!isPauseOver(before, deps.now())) return;
  if (isToBeResumed(before)) await resume(deps, before);
  const write = await syncSubscription(deps, user, id, "RENEWAL");
  await commit(deps, async (inside) => {
    const after = await write(inside);
    if (after.pauseEndsAt) await dropPauseEnd(inside, after);
  });
}

/** Not where its customer has begun to, nor where it is about to end. */
function isToBeResumed({ pendingChange, cancelsAt }: SubscriptionRow): boolean {
  return !pendingChange?.unpaidInvoiceId && !cancelsAt;
}

async function resume({ stripe, log }: Deps, { stripeSubscriptionId }: SubscriptionRow): Promise<void> {
  const tell = (why: object) =>
    log.warn({ subscription: stripeSubscriptionId, ...why }, "a pause is over, and the payment for going on failed");
  try {
    const held = await stripe.resumeSubscription(stripeSubscriptionId);
    if (held) tell({ invoice: held.invoiceId });
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
    tell({ err: error });
  }
}
