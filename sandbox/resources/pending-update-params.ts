import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import type { Read } from "../api/params.js";
import type { updateParams } from "./subscriptions.js";

/** https://docs.stripe.com/billing/subscriptions/pending-updates-reference#supported-attributes; `off_session` changes nothing. */
const holdable: ReadonlySet<string> = new Set([
  "add_invoice_items",
  "billing_cycle_anchor",
  "cancel_at_period_end",
  "discounts",
  "items",
  "metadata",
  "off_session",
  "payment_behavior",
  "proration_behavior",
  "proration_date",
  "trial_end",
  "trial_from_plan",
]);

/** Refuses to hold back, until it is paid, what Stripe holds back of no update or of no such subscription. */
export function refuseUnlessHoldable(
  { collection_method }: Stripe.Subscription,
  params: Read<typeof updateParams>,
): void {
  if (params.payment_behavior !== "pending_if_incomplete") return;
  const unheld = Object.entries(params).find(([name, value]) => value !== undefined && !holdable.has(name));
  if (unheld) {
    throw invalidRequest(`You cannot pass \`${unheld[0]}\` with \`payment_behavior=pending_if_incomplete\`.`, {
      param: unheld[0],
    });
  }
  if (collection_method === "charge_automatically") return;
  throw invalidRequest("`payment_behavior=pending_if_incomplete` is only for subscriptions charged automatically.", {
    param: "payment_behavior",
  });
}
