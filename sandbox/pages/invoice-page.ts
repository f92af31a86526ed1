import { merchantMark, row, statusBadge } from "./components.js";
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
}

/** A printable invoice. */
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
${row("Bill to", view.customer)}
</dl>
${renderLines(view.lines)}
<dl class="rows totals">
${row("Subtotal", view.subtotal)}
${row("Total", view.total)}
${row("Amount due", view.amountDue, "total")}
</dl>
</article>
</main>
<footer class="footer">Local Stripe sandbox</footer>`;
  return renderLayout({ title: `Invoice ${view.number} – ${view.merchantName}`, tinted: true, body });
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
