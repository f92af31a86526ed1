import type Stripe from "stripe";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { discountsOf } from "./applied-discounts.js";
import { isSent } from "./collection.js";
import { createInvoice } from "./create-invoice.js";
import type { InvoiceDraft } from "./invoice.js";
import { type LineDraft, lineOfInvoiceItem } from "./line-drafts.js";
import { pendingLines, secondsToPayment } from "./plan-renewal.js";
import type { UpdatePlan } from "./plan-update.js";
import { idOf } from "./price-amounts.js";
import { forgetDebits, remember, rememberDebits } from "./subscription-memory.js";

/** Makes a planned change; if it is billed at once, answers with its invoice too, still a draft. */
export function makeUpdate(
  world: World,
  plan: UpdatePlan,
): { subscription: Stripe.Subscription; draft: Stripe.Invoice | null } {
  world.tables.subscription.put(plan.subscription);
  remember(world, plan.subscription.id, { countedFrom: plan.countedFrom });
  keepProrations(world, plan);
  const lines = plan.isInvoicedNow ? [...pendingLines(world, plan.subscription), ...plan.recurring] : [];
  const made = draftNow(world, plan.subscription, newId.invoice(), lines);
  if (!made) return { subscription: plan.subscription, draft: null };
  const draft = createInvoice(world, made);
  const subscription = world.tables.subscription.put({ ...plan.subscription, latest_invoice: draft.id });
  return { subscription, draft };
}

/** The invoice a change would be billed with at once; null if it would not. Nothing is changed by looking. */
export function draftOfUpdate(world: World, plan: UpdatePlan, id: string): InvoiceDraft | null {
  const prorations = plan.prorations.map((item) => lineOfInvoiceItem(world, item));
  const lines = [...pendingLines(world, plan.subscription), ...prorations, ...plan.recurring];
  return plan.isInvoicedNow ? draftNow(world, plan.subscription, id, lines) : null;
}

/** An invoice of these lines, made now; null without lines, for an empty one is not made. */
export function draftNow(
  world: World,
  subscription: Stripe.Subscription,
  id: string,
  lines: LineDraft[],
): InvoiceDraft | null {
  const customer = world.tables.customer.find(idOf(subscription.customer));
  const now = nowInSeconds(world);
  if (!customer || lines.length === 0) return null;
  return {
    id,
    customer,
    subscription,
    currency: subscription.currency,
    reason: "subscription_update",
    lines,
    discounts: discountsOf(world, subscription, now),
    period: { start: now, end: now },
    created: now,
    finalizesAt: isSent(subscription) ? now + secondsToPayment : now,
  };
}

/** The prorations become pending invoice items; what they give back is charged no longer, what they charge is. */
export function keepProrations(
  world: World,
  { subscription, prorations, credited }: Pick<UpdatePlan, "subscription" | "prorations" | "credited">,
): void {
  for (const item of credited) forgetDebits(world, subscription.id, item);
  for (const proration of prorations) {
    world.tables.invoiceitem.put(proration);
    recordEvent(world, "invoiceitem.created", proration);
    const item = proration.parent?.subscription_details?.subscription_item;
    const price = proration.pricing?.price_details?.price;
    // What was used is over; only time that was charged can be given back.
    if (!proration.proration || proration.amount <= 0 || item === undefined || price === undefined) continue;
    const debit = {
      amount: proration.amount,
      ...proration.period,
      quantity: proration.quantity,
      price: idOf(price),
      line: null,
      invoiceItem: proration.id,
    };
    rememberDebits(world, subscription.id, item, [debit], proration.period.start);
  }
}
