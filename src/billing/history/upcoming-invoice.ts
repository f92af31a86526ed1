import type { Deps } from "../../deps.js";
import type { InvoicePreviewSnapshot } from "../../stripe/snapshots.js";
import { cardOnFile } from "../subscriptions/card-on-file.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";
import type { UserRow } from "../users/user.table.js";

/** Whether another invoice is to come: it renews, and does not end with the period that runs. */
export function hasUpcomingInvoice({
  status,
  cancelsAt,
  currentPeriodEnd,
}: Pick<SubscriptionRow, "status" | "cancelsAt" | "currentPeriodEnd">): boolean {
  if (status !== "ACTIVE" && status !== "TRIALING" && status !== "PAST_DUE") return false;
  return !cancelsAt || !currentPeriodEnd || cancelsAt > currentPeriodEnd;
}

/**
 * What the next invoice would be, asked of Stripe now; null when none is to come. Stripe previews one as well of a trial that
 * it is about to stop for want of a card, which we say there is none of.
 */
export async function previewUpcomingInvoice(
  deps: Deps,
  user: UserRow | undefined,
  subscription: SubscriptionRow | undefined,
): Promise<InvoicePreviewSnapshot | null> {
  if (!user?.stripeCustomerId || !subscription || !hasUpcomingInvoice(subscription)) return null;
  const isInTrial = subscription.status === "TRIALING";
  if (isInTrial && (await cardOnFile(deps, user, subscription)).stopsWithoutCard) return null;
  return deps.stripe.previewRenewal(user.stripeCustomerId, subscription.stripeSubscriptionId);
}
