import type Stripe from "stripe";
import { newId } from "../ids.js";
import { testClockOf } from "../time/test-clock-of.js";
import type { World } from "../world.js";

/**
 * The first invoice, or first that is wanted, that comes of some work in an imagined world, or of the time after it; undefined if none does.
 *
 * It is as it was when it was made, and under the name of a preview.
 */
export function nextInvoiceAfter(
  imagined: World,
  customer: Stripe.Customer,
  work: (imagined: World) => void,
  isWanted: (invoice: Stripe.Invoice) => boolean = () => true,
): Stripe.Invoice | undefined {
  const known = new Set(imagined.tables.invoice.dump().map(({ id }) => id));
  const made: Stripe.Invoice[] = [];
  imagined.tables.invoice.watch((id) => {
    const invoice = known.has(id) ? undefined : imagined.tables.invoice.find(id);
    known.add(id);
    if (invoice && isWanted(invoice)) made.push(invoice);
  });
  work(imagined);
  const clock = testClockOf(imagined, customer);
  while (made.length === 0) {
    const due = imagined.agenda.take(imagined, clock, Number.POSITIVE_INFINITY);
    if (!due) return undefined;
    imagined.clock.during(new Date(due.at * 1000), due.run);
  }
  const [first] = made;
  return first && renamed(first);
}

function renamed(invoice: Stripe.Invoice): Stripe.Invoice {
  const id = `upcoming_${newId.invoice()}`;
  const data = invoice.lines.data.map((line) => ({ ...line, invoice: id }));
  return { ...invoice, id, lines: { ...invoice.lines, data, url: `/v1/invoices/${id}/lines` } };
}
