import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { isSent } from "./collection.js";
import { endSubscription, expireIncomplete, subscriptionOf } from "./end-subscription.js";
import { applyPendingUpdate, dropPendingUpdate } from "./pending-update.js";
import { idOf } from "./price-amounts.js";
import { finishResumption, resumesOnAttempt } from "./resume-subscription.js";
import { memoryOf } from "./subscription-memory.js";

/**
 * How a subscription stands once an invoice of its was paid.
 *
 * Only the latest counts: https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses
 */
export function standAfterPayment(world: World, invoice: Stripe.Invoice): void {
  const subscription = runningSubscriptionOf(world, invoice);
  if (!subscription) return;
  const isAwaited = memoryOf(world, subscription.id).awaits === invoice.id;
  if (isAwaited && subscription.status === "paused") finishResumption(world, subscription);
  else if (isAwaited) applyPendingUpdate(world, subscription);
  if (isAwaited || !isLatest(world, subscription, invoice)) return;
  const { status } = subscription;
  if (status === "incomplete" || status === "past_due" || status === "unpaid") recover(world, subscription);
}

/**
 * How it stands once an invoice of its was voided: a change that waited for it is given up, a beginning has come to
 * nothing, and otherwise the invoice before counts as the latest.
 *
 * https://docs.stripe.com/billing/subscriptions/pending-updates#canceling-changing and
 * https://docs.stripe.com/billing/subscriptions/overview
 */
export function standAfterVoiding(world: World, invoice: Stripe.Invoice): void {
  const subscription = runningSubscriptionOf(world, invoice);
  if (!subscription) return;
  const { pending_update, status } = subscription;
  if (pending_update && memoryOf(world, subscription.id).awaits === invoice.id) {
    recordEvent(world, "customer.subscription.updated", dropPendingUpdate(world, subscription), subscription);
  }
  if (status === "incomplete") expireIncomplete(world, subscription);
  if (status !== "past_due" && status !== "unpaid") return;
  if (countingInvoiceOf(world, subscription)?.status === "paid") recover(world, subscription);
}

function recover(world: World, subscription: Stripe.Subscription): void {
  const current = world.tables.subscription.find(subscription.id) ?? subscription;
  const isTrialing = current.trial_end !== null && current.trial_end > nowInSeconds(world);
  changeStatus(world, current, isTrialing ? "trialing" : "active");
}

/** How it stands once a payment failed: past due, and at the end of all retries as the account has decided. */
export function standAfterFailure(world: World, invoice: Stripe.Invoice): void {
  const subscription = runningSubscriptionOf(world, invoice);
  if (!subscription || !isLatest(world, subscription, invoice) || isSent(invoice)) return;
  const isAwaited = memoryOf(world, subscription.id).awaits === invoice.id;
  if (isAwaited && resumesOnAttempt(world, subscription)) finishResumption(world, subscription, "past_due");
  // Any other resumption, or a change, that waits for this invoice has not come about.
  if (isAwaited) return;
  const isRunning = subscription.status === "active" || subscription.status === "trialing";
  const stands = isRunning ? changeStatus(world, subscription, "past_due") : subscription;
  if (stands.status !== "past_due" || invoice.next_payment_attempt !== null || !invoice.auto_advance) return;
  const { afterLastRetry } = world.billing;
  if (afterLastRetry === "unpaid") changeStatus(world, stands, "unpaid");
  if (afterLastRetry !== "cancel") return;
  const details = stands.cancellation_details ?? { comment: null, feedback: null, feedback_option: null, reason: null };
  endSubscription(world, stands, { ...details, reason: "payment_failed" });
}

/** How it stands once an invoice of its was given up on: a resumption that waited for it waits no longer. */
export function standAfterGivingUp(world: World, invoice: Stripe.Invoice): void {
  const subscription = runningSubscriptionOf(world, invoice);
  if (subscription?.status !== "paused" || memoryOf(world, subscription.id).awaits !== invoice.id) return;
  finishResumption(world, subscription);
}

/** How it stands once an invoice that was sent is overdue. */
export function standOverdue(world: World, invoice: Stripe.Invoice): void {
  const subscription = runningSubscriptionOf(world, invoice);
  if (subscription?.status === "active" && isLatest(world, subscription, invoice)) {
    changeStatus(world, subscription, "past_due");
  }
}

function changeStatus(
  world: World,
  before: Stripe.Subscription,
  status: Stripe.Subscription.Status,
): Stripe.Subscription {
  const after = world.tables.subscription.put({ ...before, status });
  recordEvent(world, "customer.subscription.updated", after, before);
  return after;
}

function runningSubscriptionOf(world: World, invoice: Stripe.Invoice): Stripe.Subscription | undefined {
  const id = subscriptionOf(invoice);
  const subscription = id === null ? undefined : world.tables.subscription.find(id);
  return subscription?.ended_at === null ? subscription : undefined;
}

function isLatest(world: World, subscription: Stripe.Subscription, invoice: Stripe.Invoice): boolean {
  const { latest_invoice } = subscription;
  if (latest_invoice !== null && idOf(latest_invoice) === invoice.id) return true;
  return countingInvoiceOf(world, subscription)?.id === invoice.id;
}

/** The newest invoice, but for one that was voided or that only a change waits for. */
function countingInvoiceOf(world: World, { id, customer, latest_invoice }: Stripe.Subscription) {
  const { awaits } = memoryOf(world, id);
  const counts = (invoice: Stripe.Invoice) => invoice.status !== "void" && invoice.id !== awaits;
  const latest = latest_invoice === null ? undefined : world.tables.invoice.find(idOf(latest_invoice));
  if (latest && counts(latest)) return latest;
  const own = world.tables.invoice.of(idOf(customer)).filter((invoice) => subscriptionOf(invoice) === id);
  return own.filter(counts).at(-1);
}
