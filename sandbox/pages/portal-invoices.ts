import { statusBadge } from "./components.js";
import { html, type SafeHtml, webUrl } from "./html.js";
import type { PortalPageView } from "./portal-view.js";

type Invoice = PortalPageView["invoices"][number];

/** The invoice history, newest as the caller ordered it. */
export function renderInvoices(invoices: readonly Invoice[]): SafeHtml {
  if (invoices.length === 0) {
    return html`<section class="card stack"><h2>Invoice history</h2><p class="muted">No invoices yet.</p></section>`;
  }
  return html`<section class="card stack">
<h2 id="invoices">Invoice history</h2>
<table class="folding" aria-labelledby="invoices">
<thead><tr><th scope="col">Invoice</th><th scope="col">Date</th><th scope="col">Status</th><th scope="col" class="number">Amount</th></tr></thead>
<tbody>${invoices.map(renderInvoice)}</tbody>
</table>
</section>`;
}

function renderInvoice(invoice: Invoice): SafeHtml {
  const url = webUrl(invoice.url);
  // A draft has no number yet; its id still tells it apart.
  const name = invoice.number ?? invoice.id;
  return html`<tr>
<td>${url === null ? name : html`<a href="${url}">${name}</a>`}</td>
<td class="muted nowrap">${invoice.date}</td>
<td>${statusBadge(invoice.status)}</td>
<td class="number">${invoice.amount}</td>
</tr>`;
}
