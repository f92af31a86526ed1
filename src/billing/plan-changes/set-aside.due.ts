import type { Deps } from "../../deps.js";
import { isUpstreamOutage } from "../../errors.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { dropSetAside, listSetAside } from "../subscriptions/subscription.set-aside.js";
import { syncSubscription } from "../subscriptions/subscription.sync.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";
import { lockCustomer, unlessBusy } from "../users/customer-lock.js";
import { getCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";

const batch = 100;

/**
 * Puts changes back that waited for the end of their period and made way for one made at once, where that has not taken
 * effect: nobody confirmed its payment in time, or Stripe failed and nobody tried again.
 *
 * While Stripe is away all of them wait for the next round.
 */
export async function putSetAsideBack(deps: Deps): Promise<void> {
  for (const row of await listSetAside(deps, batch)) {
    try {
      await lockCustomer(deps, row.userId, () => putBack(deps, row)).catch(unlessBusy);
    } catch (error) {
      if (!isUpstreamOutage(error)) throw error;
      deps.log.warn(
        { subscription: row.stripeSubscriptionId, err: error },
        "a change that comes back waits for Stripe",
      );
      return;
    }
  }
}

async function putBack(deps: Deps, { userId, stripeSubscriptionId: id }: SubscriptionRow): Promise<void> {
  const user = await getCustomer(deps, userId);
  const row = await commit(deps, await syncSubscription(deps, user, id));
  if (row.setAsideScheduleId === null || row.pendingChange?.unpaidInvoiceId !== undefined) return;
  if (isOpenToChange(row)) await scheduleAgain(deps, row, row.setAsideScheduleId);
  const write = await syncSubscription(deps, user, id);
  await commit(deps, async (inside) => {
    await write(inside);
    await dropSetAside(inside, id);
  });
}

/** Not where anything else has been decided since. */
function isOpenToChange({ status, cancelsAt, stripeScheduleId }: SubscriptionRow): boolean {
  return (status === "ACTIVE" || status === "TRIALING") && cancelsAt === null && stripeScheduleId === null;
}

async function scheduleAgain({ stripe, log }: Deps, row: SubscriptionRow, scheduleId: string): Promise<void> {
  try {
    await stripe.scheduleAgain(row.stripeSubscriptionId, scheduleId);
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
    log.error({ subscription: row.stripeSubscriptionId, err: error }, "a change that waited could not be put back");
  }
}
