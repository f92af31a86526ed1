import type Stripe from "stripe";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { createInvoice } from "./create-invoice.js";
import { recurringLines } from "./line-drafts.js";
import { discountOf, secondsToPayment } from "./plan-renewal.js";

/**
 * Stores and announces a subscription whose first invoice is a draft for an hour, which is so where nobody is charged at
 * once: with a schedule, or with invoices that are sent.
 *
 * https://docs.stripe.com/billing/subscriptions/subscription-schedules
 */
export function startWithDraft(
  world: World,
  built: Stripe.Subscription,
  customer: Stripe.Customer,
): Stripe.Subscription {
  const id = newId.invoice();
  const subscription = world.tables.subscription.put({ ...built, latest_invoice: id });
  recordEvent(world, "customer.subscription.created", subscription);
  const now = nowInSeconds(world);
  createInvoice(world, {
    id,
    customer,
    subscription,
    currency: subscription.currency,
    reason: "subscription_create",
    lines: recurringLines(world, subscription, { isTrial: subscription.status === "trialing" }),
    discount: discountOf(world, subscription),
    period: { start: now, end: now },
    created: now,
    finalizesAt: now + secondsToPayment,
  });
  return subscription;
}
