import type Stripe from "stripe";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { createInvoice } from "./create-invoice.js";
import { finalizeInvoice } from "./finalize-invoice.js";
import type { InvoiceDraft } from "./invoice.js";
import { type LineDraft, lineOfInvoiceItem } from "./line-drafts.js";
import { discountOf, pendingLines } from "./plan-renewal.js";
import type { UpdatePlan } from "./plan-update.js";
import { idOf } from "./price-amounts.js";
import { forgetDebits, rememberDebits } from "./subscription-memory.js";

/** Makes a planned change; if it is billed at once, answers with its invoice, open or already covered. */
export function makeUpdate(
  world: World,
  plan: UpdatePlan,
): { subscription: Stripe.Subscription; invoice: Stripe.Invoice | null } {
  const { id } = world.tables.subscription.put(plan.subscription);
  keepProrations(world, plan);
  const lines = plan.isInvoicedNow ? [...pendingLines(world, plan.subscription), ...plan.recurring] : [];
  const draft = draftNow(world, plan.subscription, newId.invoice(), lines);
  if (!draft) return { subscription: plan.subscription, invoice: null };
  const created = createInvoice(world, draft);
  const current = world.tables.subscription.find(id) ?? plan.subscription;
  world.tables.subscription.put({ ...current, latest_invoice: created.id });
  const invoice = finalizeInvoice(world, created);
  return { subscription: world.tables.subscription.find(id) ?? current, invoice };
}

/** The invoice a change would be billed with at once; null if it would not. Nothing is changed by looking. */
export function draftOfUpdate(world: World, plan: UpdatePlan, id: string): InvoiceDraft | null {
  const prorations = plan.prorations.map((item) => lineOfInvoiceItem(world, item));
  const lines = [...pendingLines(world, plan.subscription), ...prorations, ...plan.recurring];
  return plan.isInvoicedNow ? draftNow(world, plan.subscription, id, lines) : null;
}

function draftNow(
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
    discount: discountOf(world, subscription),
    period: { start: now, end: now },
    created: now,
    finalizesAt: now,
  };
}

/** The prorations become pending invoice items; what they give back is charged no longer, what they charge is. */
function keepProrations(world: World, { subscription, prorations, credited }: UpdatePlan): void {
  for (const item of credited) forgetDebits(world, subscription.id, item);
  for (const proration of prorations) {
    world.tables.invoiceitem.put(proration);
    recordEvent(world, "invoiceitem.created", proration);
    const item = proration.parent?.subscription_details?.subscription_item;
    const price = proration.pricing?.price_details?.price;
    if (proration.amount <= 0 || item === undefined || price === undefined) continue;
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
