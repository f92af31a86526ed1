import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { buildInvoice, type InvoiceDraft } from "./invoice.js";
import { isMetered } from "./price-amounts.js";
import { type Debit, memoryOf, remember, rememberDebits } from "./subscription-memory.js";

/** Makes an invoice from its draft: it is stored and announced, and the invoice items on it are pending no longer. */
export function createInvoice(world: World, draft: InvoiceDraft): Stripe.Invoice {
  const invoice = world.tables.invoice.put(buildInvoice(world, draft));
  rememberCharges(world, invoice, draft);
  for (const { invoiceItem } of draft.lines) {
    const item = invoiceItem === null ? undefined : world.tables.invoiceitem.find(invoiceItem);
    if (item) world.tables.invoiceitem.put({ ...item, invoice: invoice.id });
  }
  recordEvent(world, "invoice.created", invoice);
  return invoice;
}

/** Keeps what each item was charged, so that the unused part can be given back. */
export function rememberCharges(world: World, invoice: Stripe.Invoice, { lines, created }: InvoiceDraft): void {
  lines.forEach((line, index) => {
    const { subscription, subscriptionItem: item, price, quantity, period } = line;
    const built = invoice.lines.data[index];
    // What is metered is paid for afterwards: nothing of it is left unused.
    if (subscription === null || item === null || !price || !built || isMetered(price)) return;
    const place = { invoice: invoice.id, id: built.id };
    if (line.invoiceItem !== null) {
      invoiced(world, subscription, item, line.invoiceItem, place);
      return;
    }
    const discounted = (built.discount_amounts ?? []).reduce((sum, { amount }) => sum + amount, 0);
    const debit: Debit = {
      amount: line.amount - discounted,
      ...period,
      quantity,
      price: price.id,
      line: place,
      invoiceItem: null,
    };
    rememberDebits(world, subscription, item, [debit], created);
  });
}

/** A charge that was pending now has a line to refer to. */
function invoiced(world: World, subscription: string, item: string, invoiceItem: string, line: Debit["line"]): void {
  const { debits } = memoryOf(world, subscription);
  const own = (debits[item] ?? []).map((debit) => (debit.invoiceItem === invoiceItem ? { ...debit, line } : debit));
  remember(world, subscription, { debits: { ...debits, [item]: own } });
}
