import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { buildInvoiceLine } from "./invoice-lines.js";
import { lineOfInvoiceItem } from "./line-drafts.js";
import { sum } from "./order.js";
import { idOf } from "./price-amounts.js";

/** Puts an item on a draft; its sums follow. */
export function addToDraft(world: World, draft: Stripe.Invoice, item: Stripe.InvoiceItem): Stripe.InvoiceItem {
  const line = buildInvoiceLine(draft.id, draft.currency, lineOfInvoiceItem(world, item), null);
  changeLines(world, draft, [...draft.lines.data, line]);
  return world.tables.invoiceitem.put({ ...item, invoice: draft.id });
}

/** Takes an item off the draft it is on, if it is on one. */
export function takeFromDraft(world: World, item: Stripe.InvoiceItem): void {
  const draft = item.invoice === null ? undefined : world.tables.invoice.find(idOf(item.invoice));
  if (!draft) return;
  const lines = draft.lines.data.filter(({ parent }) => invoiceItemIn(parent) !== item.id);
  changeLines(world, draft, lines);
}

/** A draft with other lines; its sums follow. */
export function changeLines(
  world: World,
  draft: Stripe.Invoice,
  data: Stripe.InvoiceLineItem[],
  off = draft.total_discount_amounts,
): Stripe.Invoice {
  const customer = draft.customer === null ? undefined : world.tables.customer.find(idOf(draft.customer));
  const subtotal = sum(data.map(({ amount }) => amount));
  const total = subtotal - sum((off ?? []).map(({ amount }) => amount));
  const due = Math.max(0, total + (customer?.balance ?? 0));
  const after = world.tables.invoice.put({
    ...draft,
    amount_due: due,
    amount_remaining: due,
    lines: { ...draft.lines, data },
    subtotal,
    subtotal_excluding_tax: subtotal,
    total,
    total_discount_amounts: off,
    total_excluding_tax: total,
  });
  recordEvent(world, "invoice.updated", after, draft);
  return after;
}

function invoiceItemIn(parent: Stripe.InvoiceLineItem["parent"]): string | null {
  return parent?.invoice_item_details?.invoice_item ?? parent?.subscription_item_details?.invoice_item ?? null;
}
