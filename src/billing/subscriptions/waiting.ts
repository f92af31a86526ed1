import type { Deps } from "../../deps.js";
import { dropSetAside } from "./subscription.set-aside.js";
import type { SubscriptionRow } from "./subscription.table.js";

/** What waits, and is dropped before something else is done. */
export type Waiting = Pick<SubscriptionRow, "stripeScheduleId" | "pendingChange">;

/**
 * Drops what waits for its date or for its payment, and what made way for it; false where it came about in this very
 * moment.
 *
 * A subscription that ends leaves the invoice of a change as it is: it could be paid still, for nothing.
 */
export async function dropWaiting(deps: Deps, stripeSubscriptionId: string, waiting: Waiting): Promise<boolean> {
  await dropSetAside(deps, stripeSubscriptionId);
  return releaseWaiting(deps, waiting);
}

/** Lets what waits make way; false where it came about in this very moment. */
export async function releaseWaiting(deps: Deps, waiting: Waiting): Promise<boolean> {
  if (waiting.stripeScheduleId) await deps.stripe.releaseSchedule(waiting.stripeScheduleId);
  return withdrawUnpaid(deps, waiting);
}

/** Withdraws the invoice of a change that waits for its payment, if one does; false where it was paid. */
export async function withdrawUnpaid({ stripe }: Deps, { pendingChange }: Waiting): Promise<boolean> {
  const invoiceId = pendingChange?.unpaidInvoiceId;
  return invoiceId === undefined || stripe.withdrawInvoice(invoiceId);
}
