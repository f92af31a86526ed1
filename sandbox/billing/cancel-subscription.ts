import type Stripe from "stripe";
import type { World } from "../world.js";
import { advanceDraft } from "./advance-invoice.js";
import { endSubscription } from "./end-subscription.js";
import { giveBack, invoicePending } from "./give-back.js";

/**
 * Cancels now, giving back unused time and invoicing what is pending if asked to.
 *
 * What is not invoiced stays pending. https://docs.stripe.com/billing/subscriptions/cancel
 */
export function cancelNow(
  world: World,
  before: Stripe.Subscription,
  details: Stripe.Subscription["cancellation_details"],
  asked: { prorate: boolean; invoiceNow: boolean },
): Stripe.Subscription {
  if (asked.prorate) giveBack(world, before);
  const draft = asked.invoiceNow ? invoicePending(world, before) : null;
  const current = world.tables.subscription.find(before.id) ?? before;
  const ended = endSubscription(world, current, details);
  if (draft) advanceDraft(world, draft);
  return ended;
}
