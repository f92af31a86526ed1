import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { voidInvoice } from "./finalize-invoice.js";
import { abortSchedule, finishSchedule } from "./finish-schedule.js";
import { idOf } from "./price-amounts.js";
import { scheduleOf } from "./schedule-of.js";

/** Ends a subscription now; its unpaid invoices are no longer collected by themselves. */
export function endSubscription(
  world: World,
  subscription: Stripe.Subscription,
  details: Stripe.Subscription["cancellation_details"],
): Stripe.Subscription {
  const now = nowInSeconds(world);
  const ended = world.tables.subscription.put({
    ...subscription,
    canceled_at: subscription.canceled_at ?? now,
    cancellation_details: details,
    ended_at: now,
    status: "canceled",
  });
  for (const invoice of world.tables.invoice.of(idOf(subscription.customer))) {
    const isOurs = subscriptionOf(invoice) === subscription.id;
    if (isOurs && invoice.auto_advance && (invoice.status === "open" || invoice.status === "draft")) {
      const left = world.tables.invoice.put({ ...invoice, auto_advance: false, next_payment_attempt: null });
      recordEvent(world, "invoice.updated", left, invoice);
    }
  }
  recordEvent(world, "customer.subscription.deleted", ended);
  endSchedule(world, ended);
  return ended;
}

/** What was scheduled for it has come about if this is the end it was to have, and will not otherwise. */
function endSchedule(world: World, ended: Stripe.Subscription): void {
  const schedule = scheduleOf(world, ended);
  if (!schedule) return;
  if (ended.cancellation_details?.reason === "payment_failed") {
    abortSchedule(world, schedule);
    return;
  }
  const end = schedule.phases.at(-1)?.end_date ?? null;
  const isAtItsEnd = schedule.end_behavior === "cancel" && end !== null && end <= nowInSeconds(world);
  finishSchedule(world, schedule, isAtItsEnd ? "completed" : "canceled");
}

/** Gives up on a subscription whose first invoice was never paid. */
export function expireIncomplete(world: World, subscription: Stripe.Subscription): void {
  const expired = world.tables.subscription.put({
    ...subscription,
    ended_at: nowInSeconds(world),
    status: "incomplete_expired",
  });
  const invoice = subscription.latest_invoice && world.tables.invoice.find(idOf(subscription.latest_invoice));
  if (invoice && invoice.status !== "void") voidInvoice(world, invoice);
  recordEvent(world, "customer.subscription.updated", expired, subscription);
}

export function subscriptionOf(invoice: Stripe.Invoice): string | null {
  const reference = invoice.parent?.subscription_details?.subscription;
  return reference === undefined ? null : idOf(reference);
}
