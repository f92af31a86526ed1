import type Stripe from "stripe";
import { sum } from "../money.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { appliedDiscounts } from "./applied-discounts.js";
import { discountShares } from "./discount-shares.js";
import { asPretaxCredits, buildInvoiceLine } from "./invoice-lines.js";
import { lineOfInvoiceItem } from "./line-drafts.js";
import { idOf } from "./price-amounts.js";

/** Puts an item on a draft; its sums follow. */
export function addToDraft(world: World, draft: Stripe.Invoice, item: Stripe.InvoiceItem): Stripe.InvoiceItem {
  const line = buildInvoiceLine(draft.id, draft.currency, lineOfInvoiceItem(world, item), []);
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

/** Gives a draft other lines, and tells of it; its sums follow. */
export function changeLines(world: World, draft: Stripe.Invoice, data: Stripe.InvoiceLineItem[]): Stripe.Invoice {
  const after = world.tables.invoice.put(changedLines(world, draft, data));
  recordEvent(world, "invoice.updated", after, draft);
  return after;
}

/** The same draft with other lines, and its discounts off them. */
export function changedLines(world: World, draft: Stripe.Invoice, data: Stripe.InvoiceLineItem[]): Stripe.Invoice {
  const customer = draft.customer === null ? undefined : world.tables.customer.find(idOf(draft.customer));
  const { lines, off } = discounted(world, draft, data);
  const subtotal = sum(data.map(({ amount }) => amount));
  const total = subtotal - sum(off.map(({ amount }) => amount));
  const due = Math.max(0, total + (customer?.balance ?? 0));
  return {
    ...draft,
    amount_due: due,
    amount_remaining: due,
    lines: { ...draft.lines, data: lines },
    subtotal,
    subtotal_excluding_tax: subtotal,
    total,
    total_discount_amounts: off,
    total_excluding_tax: total,
    total_pretax_credit_amounts: asPretaxCredits(off),
  };
}

/** The discounts fall on the lines as they are now. */
function discounted(world: World, { currency, discounts }: Stripe.Invoice, data: Stripe.InvoiceLineItem[]) {
  const applied = appliedDiscounts(world, discounts);
  const coupons = applied.map(({ coupon }) => coupon);
  const seen = data.map(({ amount, discountable: isDiscountable, pricing }) => {
    const product = pricing?.price_details?.product;
    return { amount, isDiscountable, product: product === undefined ? "" : product };
  });
  const shares = discountShares(coupons, seen, currency);
  const lines = data.map((line, index) => {
    const own = line.discountable
      ? applied.map(({ id }, of) => ({ amount: shares[of]?.[index] ?? 0, discount: id }))
      : [];
    return { ...line, discount_amounts: own, pretax_credit_amounts: asPretaxCredits(own) };
  });
  return { lines, off: applied.map(({ id }, of) => ({ amount: sum(shares[of] ?? []), discount: id })) };
}

function invoiceItemIn(parent: Stripe.InvoiceLineItem["parent"]): string | null {
  return parent?.invoice_item_details?.invoice_item ?? parent?.subscription_item_details?.invoice_item ?? null;
}
