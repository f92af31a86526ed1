import type { Deps } from "../../deps.js";
import { unlessBusy } from "../users/customer-lock.js";
import { checkoutLifeMs } from "./checkout.js";
import { readCheckout } from "./checkout.reading.js";
import { closeCheckout, findOverdueCheckouts } from "./checkout.repository.js";

const batch = 100;

/**
 * Brings checkouts whose time is up to their end, should Stripe's event not have done so.
 *
 * Found by the billing clock; Stripe says what became of each.
 */
export async function closeOverdueCheckouts(deps: Deps): Promise<void> {
  for (const row of await findOverdueCheckouts(deps.db, deps.now(), batch)) {
    if (row.stripeSessionId) await readCheckout(deps, [row.userId], row.id).catch(unlessBusy);
    else if (row.createdAt.getTime() + checkoutLifeMs <= deps.now().getTime()) await closeCheckout(deps.db, row.id);
  }
}
