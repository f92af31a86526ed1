import type Stripe from "stripe";
import { noPaymentMethod } from "../api/errors.js";
import { addDays } from "../calendar.js";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { collectInvoice, payerOf } from "./collect-invoice.js";
import { createInvoice } from "./create-invoice.js";
import { finalizeInvoice } from "./finalize-invoice.js";
import { buildInvoice } from "./invoice.js";
import { recurringLines } from "./line-drafts.js";
import { draftNow } from "./make-update.js";
import { dropPendingUpdate, holdUpdate, releaseUpdate, secondsToPay } from "./pending-update.js";
import { intervalOf, periodEndAfter, withPeriod } from "./periods.js";
import { pendingLines } from "./plan-renewal.js";
import { memoryOf, type ResumeBehavior, remember } from "./subscription-memory.js";

/**
 * Asks for a new period that begins now; the subscription stays paused until its invoice decides.
 *
 * With `resume_on_payment_success` it is charged, again if need be, and nothing runs before it is paid. Otherwise it is
 * left to whoever pays it, and the subscription runs as soon as that was tried. With nothing to pay it runs at once.
 * https://docs.stripe.com/billing/subscriptions/pause#resume-subscriptions
 */
export function resumeSubscription(
  world: World,
  asked: Stripe.Subscription,
  behavior: ResumeBehavior,
): Stripe.Subscription {
  const before = dropPendingUpdate(world, asked);
  const now = nowInSeconds(world);
  const begun = beginningAt(before, now);
  const lines = [...pendingLines(world, begun), ...recurringLines(world, begun, { isTrial: false })];
  const draft = draftNow(world, begun, newId.invoice(), lines);
  if (!draft) return run(world, asked, { ...begun, status: "active" });

  const isCharged = behavior === "resume_on_payment_success";
  const seen = buildInvoice(world, draft);
  if (isCharged && seen.amount_due > 0 && !payerOf(world, seen)) throw noPaymentMethod();
  const earlier = holdUpdate(world, before);
  const made = createInvoice(world, draft);
  const invoice = isCharged ? made : world.tables.invoice.put({ ...made, auto_advance: false });
  const expiresAt = isCharged ? addDays(now, 365) : now + secondsToPay;
  const after = { ...begun, items: before.items };
  releaseUpdate(world, { before, after, invoice, earlier, expiresAt });
  remember(world, before.id, { resumesOn: behavior });
  const open = finalizeInvoice(world, invoice);
  if (isCharged && open.status === "open") collectInvoice(world, open);
  const current = world.tables.subscription.find(before.id) ?? before;
  if (current.status === "paused") recordEvent(world, "customer.subscription.updated", current, asked);
  return current;
}

/** The invoice that a resumption waited for was paid, or given up on; or paying it was tried, if that is enough. */
export function finishResumption(
  world: World,
  before: Stripe.Subscription,
  status: "active" | "past_due" = "active",
): void {
  const anchor = before.pending_update?.billing_cycle_anchor ?? before.billing_cycle_anchor;
  const now = nowInSeconds(world);
  const begun = beginningAt(before, anchor);
  const isOver = begun.items.data.some((item) => item.current_period_end <= now);
  const { debits, debitsAwaited } = memoryOf(world, before.id);
  remember(world, before.id, {
    awaits: null,
    debits: debitsAwaited ?? debits,
    debitsAwaited: null,
    itemsAwaited: [],
    resumesOn: null,
  });
  run(world, before, { ...(isOver ? beginningAt(before, now) : begun), status });
}

/** Whether trying to pay is enough for a paused subscription to run. */
export function resumesOnAttempt(world: World, { id, status }: Stripe.Subscription): boolean {
  return status === "paused" && memoryOf(world, id).resumesOn === "resume_on_payment_attempt";
}

function beginningAt(subscription: Stripe.Subscription, start: number): Stripe.Subscription {
  const [first] = subscription.items.data;
  const end = first ? periodEndAfter(start, intervalOf(first.price), start) : start;
  return { ...withPeriod(subscription, start, end), billing_cycle_anchor: start };
}

function run(world: World, before: Stripe.Subscription, begun: Stripe.Subscription): Stripe.Subscription {
  const { status_details, ...rest } = begun;
  const after = world.tables.subscription.put({ ...rest, pending_update: null });
  recordEvent(world, "customer.subscription.resumed", after);
  recordEvent(world, "customer.subscription.updated", after, before);
  return after;
}
