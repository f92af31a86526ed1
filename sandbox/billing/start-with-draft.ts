import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { announceDiscounts } from "./announce-discounts.js";
import { createInvoice } from "./create-invoice.js";
import { secondsToPayment } from "./plan-renewal.js";
import type { StartPlan } from "./plan-start.js";
import { storePlanned } from "./start-subscription.js";

/**
 * Stores and announces a subscription whose first invoice is a draft for an hour, which is so where nobody is charged at
 * once: with a schedule, or with invoices that are sent.
 *
 * https://docs.stripe.com/billing/subscriptions/subscription-schedules
 */
export function startWithDraft(world: World, plan: StartPlan): Stripe.Subscription {
  const subscription = storePlanned(world, plan);
  recordEvent(world, "customer.subscription.created", subscription);
  announceDiscounts(world, [], subscription.discounts);
  for (const item of plan.extras) recordEvent(world, "invoiceitem.created", world.tables.invoiceitem.put(item));
  if (plan.draft) {
    createInvoice(world, { ...plan.draft, subscription, finalizesAt: nowInSeconds(world) + secondsToPayment });
  }
  return subscription;
}
