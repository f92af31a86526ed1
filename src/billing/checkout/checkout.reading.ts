import type { Deps } from "../../deps.js";
import { CustomerBusy } from "../../errors.js";
import { StripeUnavailable } from "../../stripe/stripe-errors.js";
import { lockCustomer } from "../users/customer-lock.js";
import { findCustomer } from "../users/user.service.js";
import { isFinal } from "./checkout.js";
import { findCheckout } from "./checkout.repository.js";
import { refreshCheckout } from "./checkout.sync.js";
import type { CheckoutRow } from "./checkout.table.js";

/**
 * A checkout of this user as it really is; undefined for somebody else's.
 *
 * While it can still change, Stripe is asked: the webhook may be late or never come, and a customer
 * who has paid must not read `OPEN`. Throws UPSTREAM_UNAVAILABLE when Stripe cannot say.
 */
export async function readCheckout(deps: Deps, userId: string, id: string): Promise<CheckoutRow | undefined> {
  const row = await findCheckout(deps.db, userId, id);
  if (!row || isFinal(row) || !row.stripeSessionId) return row;
  const session = await deps.stripe.getCheckout(row.stripeSessionId);
  if (session.status === "OPEN") return row;
  const ended = { ...row, stripeSessionId: row.stripeSessionId };
  if (session.status === "EXPIRED") return settle(deps, ended);
  // Paid: from here on the answer is COMPLETE or PROCESSING, whatever else goes wrong.
  return settle(deps, ended).catch((error: unknown) => {
    if (error instanceof StripeUnavailable || error instanceof CustomerBusy) {
      return { ...row, status: "PROCESSING" as const, url: null };
    }
    throw error;
  });
}

function settle(deps: Deps, row: CheckoutRow & { stripeSessionId: string }): Promise<CheckoutRow> {
  return lockCustomer(deps, row.userId, async () => {
    const user = await findCustomer(deps, row.userId);
    if (!user) throw new Error(`Checkout ${row.id} belongs to a user without a row.`);
    return refreshCheckout(deps, user, row);
  });
}
