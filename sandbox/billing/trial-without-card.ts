import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { payerOf } from "./collect-invoice.js";
import { isSent } from "./collection.js";
import { endSubscription } from "./end-subscription.js";
import { buildInvoice, type InvoiceDraft } from "./invoice.js";
import { paused } from "./pause-subscription.js";
import { dropPendingUpdate } from "./pending-update.js";

/**
 * Stops a subscription whose trial ends with no card to charge, if that was asked when it began; says whether it did.
 *
 * https://docs.stripe.com/billing/subscriptions/trials#create-free-trials-without-payment
 */
export function stopForWantOfCard(world: World, before: Stripe.Subscription, draft: InvoiceDraft): boolean {
  const missing = before.trial_settings?.end_behavior.missing_payment_method;
  if (before.status !== "trialing" || isSent(before) || (missing !== "cancel" && missing !== "pause")) return false;
  if (payerOf(world, buildInvoice(world, draft)) !== null) return false;
  dropPendingUpdate(world, world.tables.subscription.find(before.id) ?? before);
  if (missing === "cancel") {
    endSubscription(world, before, before.cancellation_details);
    return true;
  }
  const after = world.tables.subscription.put(paused(world, before, "trial_end_without_payment_method"));
  recordEvent(world, "customer.subscription.paused", after);
  recordEvent(world, "customer.subscription.updated", after, before);
  return true;
}
