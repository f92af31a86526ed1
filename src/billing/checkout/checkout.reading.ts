import type { Owners } from "../../db/owners.js";
import type { Deps } from "../../deps.js";
import { CustomerBusy } from "../../errors.js";
import { StripeUnavailable } from "../../stripe/stripe-errors.js";
import { lockCustomer } from "../users/customer-lock.js";
import { findCustomer } from "../users/user.service.js";
import { isFinal } from "./checkout.js";
import { findCheckouts } from "./checkout.repository.js";
import { refreshCheckout } from "./checkout.sync.js";
import type { CheckoutRow } from "./checkout.table.js";

/**
 * A checkout as it really is; undefined for one that is none of the owners'.
 *
 * While it can still change, Stripe is asked: the webhook may be late or never come, and a customer
 * who has paid must not read `OPEN`. Throws UPSTREAM_UNAVAILABLE when Stripe cannot say.
 */
export async function readCheckout(deps: Deps, owners: Owners, id: string): Promise<CheckoutRow | undefined> {
  const [row] = await findCheckouts(deps.db, owners, [id]);
  return row && asItIs(deps, row);
}

/** The same for many at once, without those that are none of the owners'. An error stands for one that Stripe cannot tell of. */
export async function readCheckouts(
  deps: Deps,
  owners: Owners,
  ids: readonly string[],
): Promise<Map<string, CheckoutRow | Error>> {
  const rows = await findCheckouts(deps.db, owners, ids);
  const read = (row: CheckoutRow) => asItIs(deps, row).catch((error: unknown) => asError(error));
  return new Map(await Promise.all(rows.map(async (row) => [row.id, await read(row)] as const)));
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

async function asItIs(deps: Deps, row: CheckoutRow): Promise<CheckoutRow> {
  if (isFinal(row) || !row.stripeSessionId) return row;
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
