import type { Deps } from "../../deps.js";
import { lockCustomer, unlessBusy } from "../users/customer-lock.js";
import { getCustomer } from "../users/user.service.js";
import { checkoutLifeMs } from "./checkout.js";
import { closePage } from "./checkout.page.js";
import { readCheckout } from "./checkout.reading.js";
import { closeCheckout, findOverdueCheckouts, findOvertakenCheckouts } from "./checkout.repository.js";
import { refreshCheckout } from "./checkout.sync.js";
import type { CheckoutRow } from "./checkout.table.js";

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

/**
 * Closes pages of customers who have a subscription from elsewhere, as one that staff began in Stripe's dashboard: paid as
 * well, it would be a second one.
 */
export async function closeOvertakenCheckouts(deps: Deps): Promise<void> {
  for (const row of await findOvertakenCheckouts(deps.db, batch)) {
    await lockCustomer(deps, row.userId, () => closeUnlessPaid(deps, row)).catch(unlessBusy);
  }
}

/** The subscription may be what came of this very page: then Stripe says that it is open no more. */
async function closeUnlessPaid(deps: Deps, { stripeSessionId, ...row }: CheckoutRow): Promise<void> {
  if (!stripeSessionId) return;
  const known = await refreshCheckout(deps, await getCustomer(deps, row.userId), { ...row, stripeSessionId });
  if (known.status === "OPEN") await closePage(deps, known);
}
