import { humanize, merchantMark, notice } from "./components.js";
import { html, type SafeHtml, webUrl } from "./html.js";
import { renderLayout } from "./layout.js";
import { renderInvoices } from "./portal-invoices.js";
import { renderPlan } from "./portal-plan.js";
import type { PortalPageView } from "./portal-view.js";

export type { PortalPageView } from "./portal-view.js";

/** The customer portal: plan, payment method and invoices, with one form for the plan's buttons. */
export function renderPortalPage(view: PortalPageView): string {
  const returnUrl = webUrl(view.returnUrl);
  const body = html`<main class="page stack">
<header class="between">
${merchantMark(view.merchantName)}
${returnUrl !== null && html`<a href="${returnUrl}">← Return to ${view.merchantName}</a>`}
</header>
<div class="stack tight">
<h1>Manage your subscription</h1>
${view.email !== null && html`<p class="muted">Signed in as ${view.email}</p>`}
</div>
${view.message !== null && notice(view.message.kind, view.message.text)}
${renderPlan(view)}
${renderPaymentMethod(view)}
${view.canUpdateDetails && detailsSection}
${renderInvoices(view.invoices)}
</main>
<footer class="footer">Local Stripe sandbox</footer>`;
  return renderLayout({ title: `Manage your subscription – ${view.merchantName}`, tinted: true, body });
}

function renderPaymentMethod({ paymentMethod: card, canUpdateCard }: PortalPageView): SafeHtml {
  const details =
    card === null
      ? html`<p class="muted">No payment method on file.</p>`
      : html`<div class="between"><p><strong>${humanize(card.brand)}</strong> •••• ${card.last4}</p><p class="muted">Expires ${card.expiry}</p></div>`;
  return html`<section class="card stack"><h2>Payment method</h2>${details}${canUpdateCard && updateCardForm}</section>`;
}

const detailsSection = html`<section class="card stack"><h2>Your details</h2><form method="post" class="buttons"><button class="button secondary" name="action" value="details">Update your details</button></form></section>`;

const updateCardForm = html`<form method="post" class="buttons"><button class="button secondary" name="action" value="card">Update payment method</button></form>`;
