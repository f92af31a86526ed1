import { merchantMark, notice, row } from "./components.js";
import { html, webUrl } from "./html.js";
import { renderLayout } from "./layout.js";

/** The bank's 3-D Secure challenge, played by two buttons: `action` authorize or fail. */
export function renderThreeDSecurePage(view: {
  sessionId: string;
  merchantName: string;
  amount: string;
  last4: string;
  error: string | null;
}): string {
  const body = html`<main class="page narrow stack">
<form method="post" class="card stack">
<div class="stack tight">
<p class="muted small">3-D Secure test bank</p>
<h1>Confirm your payment</h1>
<p class="muted">Your bank asks you to approve this payment before it goes through.</p>
</div>
${view.error !== null && notice("error", view.error)}
<dl class="rows rule">
${row("Merchant", view.merchantName)}
${row("Card", `•••• ${view.last4}`)}
${row("Amount", view.amount, "total")}
</dl>
<div class="stack rule">
<button class="button primary wide" name="action" value="authorize">Authorize payment</button>
<button class="button secondary wide" name="action" value="fail">Fail authentication</button>
</div>
</form>
</main>
<footer class="footer">Local Stripe sandbox · ${view.sessionId}</footer>`;
  return renderLayout({ title: `Confirm your payment – ${view.merchantName}`, tinted: true, body });
}

/** Stands in for a checkout that can no longer be paid: complete, expired or unknown. */
export function renderClosedCheckoutPage(view: {
  merchantName: string;
  title: string;
  message: string;
  backUrl: string | null;
}): string {
  const backUrl = webUrl(view.backUrl);
  const body = html`<main class="page narrow stack">
<div class="card stack">
${merchantMark(view.merchantName)}
<div class="stack tight">
<h1>${view.title}</h1>
<p class="muted">${view.message}</p>
</div>
${backUrl !== null && html`<a class="button primary" href="${backUrl}">Return to ${view.merchantName}</a>`}
</div>
</main>
<footer class="footer">Local Stripe sandbox</footer>`;
  return renderLayout({ title: `${view.title} – ${view.merchantName}`, tinted: true, body });
}
