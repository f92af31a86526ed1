import type Stripe from "stripe";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { advanceDraft } from "./advance-invoice.js";
import { createInvoice } from "./create-invoice.js";
import { recurringLines } from "./line-drafts.js";
import { draftNow } from "./make-update.js";
import { intervalOf, periodEndAfter, withPeriod } from "./periods.js";
import { pendingLines } from "./plan-renewal.js";
import { remember } from "./subscription-memory.js";

export type ResumeBehavior = "resume_on_payment_attempt" | "resume_on_payment_success";

/**
 * Ends a pause: a new period begins now and is charged.
 *
 * The subscription runs again as soon as that was tried, or only once it was paid, as `behavior` says.
 */
export function resumeSubscription(
  world: World,
  before: Stripe.Subscription,
  behavior: ResumeBehavior,
): Stripe.Subscription {
  const now = nowInSeconds(world);
  const [first] = before.items.data;
  const end = first ? periodEndAfter(now, intervalOf(first.price), now) : now;
  const begun: Stripe.Subscription = { ...withPeriod(before, now, end), billing_cycle_anchor: now };
  const lines = [...pendingLines(world, begun), ...recurringLines(world, begun, { isTrial: false })];
  const draft = draftNow(world, begun, newId.invoice(), lines);
  if (!draft) return running(world, begun);

  const waiting = world.tables.subscription.put({ ...begun, latest_invoice: draft.id });
  if (behavior === "resume_on_payment_attempt") running(world, waiting);
  else remember(world, before.id, { awaits: draft.id });
  advanceDraft(world, createInvoice(world, draft));
  const after = world.tables.subscription.find(before.id) ?? waiting;
  recordEvent(world, "customer.subscription.updated", after, before);
  return after;
}

/** The invoice that a resumption waited for was paid. */
export function finishResumption(world: World, before: Stripe.Subscription): void {
  remember(world, before.id, { awaits: null });
  running(world, before);
}

function running(world: World, before: Stripe.Subscription): Stripe.Subscription {
  const { status_details, ...rest } = before;
  const after = world.tables.subscription.put({ ...rest, status: "active" });
  recordEvent(world, "customer.subscription.resumed", after);
  return after;
}
