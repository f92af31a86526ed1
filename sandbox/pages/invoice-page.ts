import { type CardFormView, renderCardFields, renderTestCards } from "./card-fields.js";
import { errorsOf } from "./checkout-view.js";
import { merchantMark, notice, row, statusBadge } from "./components.js";
import { html, type SafeHtml } from "./html.js";
import { renderLayout } from "./layout.js";

/** Everything the invoice page shows. Dates and amounts arrive formatted. */
export interface InvoicePageView {
  merchantName: string;
  number: string;
  status: string;
  issuedOn: string;
  customer: string;
  lines: { description: string; quantity: number | null; amount: string }[];
  subtotal: string;
  total: string;
  amountDue: string;
  /** Only of an invoice that was sent. */
  dueOn: string | null;
  /** The form it is paid with; null where nothing can be paid. */
  payment: CardFormView | null;
}

/** A printable invoice; what is owed is paid in its form, which posts to its own address. */
export function renderInvoicePage(view: InvoicePageView): string {
  // Nothing is due on a paid invoice, so its headline is what was paid.
  const paid = view.status === "paid";
  const body = html`<main class="page stack">
<article class="card stack">
<header class="between">${merchantMark(view.merchantName)}${statusBadge(view.status)}</header>
<div class="stack tight">
<p class="muted">Invoice ${view.number}</p>
<p class="price">${paid ? view.total : view.amountDue} <small>${paid ? "paid" : "due"}</small></p>
</div>
<dl class="meta rule">
${row("Invoice number", view.number)}
${row("Date of issue", view.issuedOn)}
${view.dueOn !== null && row("Due", view.dueOn)}
${row("Bill to", view.customer)}
</dl>
${renderLines(view.lines)}
<dl class="rows totals">
${row("Subtotal", view.subtotal)}
${row("Total", view.total)}
${row("Amount due", view.amountDue, "total")}
</dl>
</article>
${view.payment !== null && renderPayment(view, view.payment)}
</main>
<footer class="footer">Local Stripe sandbox</footer>`;
  const isWrong = view.payment !== null && view.payment.errors.length > 0;
  const title = `${isWrong ? "Error: " : ""}Invoice ${view.number} – ${view.merchantName}`;
  return renderLayout({ title, tinted: true, body });
}

const testCards: [string, string][] = [
  ["4242 4242 4242 4242", "succeeds"],
  ["4000 0000 0000 0002", "declines"],
  ["4000 0027 6000 3184", "asks for 3-D Secure"],
];

function renderPayment(view: InvoicePageView, form: CardFormView): SafeHtml {
  return html`<form method="post" class="card stack no-print">
<h2>Pay with a card</h2>
${errorsOf(form, null).map((message) => notice("error", message))}
${renderCardFields(form)}
<button class="button primary wide">Pay ${view.amountDue}</button>
${renderTestCards(testCards)}
</form>`;
}

function renderLines(lines: InvoicePageView["lines"]): SafeHtml {
  return html`<table aria-label="Invoice lines">
<thead><tr><th scope="col">Description</th><th scope="col" class="number">Qty</th><th scope="col" class="number">Amount</th></tr></thead>
<tbody>${lines.map(
    (line) => html`<tr>
<td>${line.description}</td>
<td class="number">${line.quantity ?? "–"}</td>
<td class="number">${line.amount}</td>
</tr>`,
  )}</tbody>
</table>`;
}
