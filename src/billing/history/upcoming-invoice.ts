import type { Deps } from "../../deps.js";
import type { InvoicePreviewSnapshot } from "../../stripe/snapshots.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";

/** Whether another invoice is to come: it renews, and does not end with the period that runs. */
export function hasUpcomingInvoice({
  status,
  cancelsAt,
  currentPeriodEnd,
}: Pick<SubscriptionRow, "status" | "cancelsAt" | "currentPeriodEnd">): boolean {
  if (status !== "ACTIVE" && status !== "TRIALING" && status !== "PAST_DUE") return false;
  return !cancelsAt || !currentPeriodEnd || cancelsAt > currentPeriodEnd;
}

/** What the next invoice would be, asked of Stripe now; null when none is to come. */
export async function previewUpcomingInvoice(
  deps: Deps,
  stripeCustomerId: string | null,
  subscription: SubscriptionRow | undefined,
): Promise<InvoicePreviewSnapshot | null> {
  if (!stripeCustomerId || !subscription || !hasUpcomingInvoice(subscription)) return null;
  return deps.stripe.previewRenewal(stripeCustomerId, subscription.stripeSubscriptionId);
}
