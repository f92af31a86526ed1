import type { Deps } from "../../deps.js";
import type { Write } from "../users/user.sync.js";
import type { UserRow } from "../users/user.table.js";
import { syncInvoice } from "./invoice.sync.js";
import { deletePayment } from "./payment.repository.js";
import { storePayment } from "./payment.store.js";

/**
 * Reads a payment intent; the write makes our row match.
 *
 * Since 2025-03-31.basil a payment no longer names its invoice, so the invoice is looked up, and a
 * payment of one is written together with it.
 */
export async function syncPayment(deps: Deps, user: UserRow, paymentIntentId: string): Promise<Write<void>> {
  const [invoiceId] = await deps.stripe.invoicesPaidBy(paymentIntentId);
  if (invoiceId) {
    const write = await syncInvoice(deps, user, invoiceId);
    return async (inside) => {
      await write(inside);
    };
  }
  const payment = await deps.stripe.getPayment(paymentIntentId);
  return async (inside) => {
    await storePayment(inside, user, payment, null);
  };
}

/** Drops the row of a payment that Stripe does not have. */
export function forgetPayment(inside: Deps, user: UserRow, paymentIntentId: string): Promise<void> {
  return deletePayment(inside.db, user.id, paymentIntentId);
}
