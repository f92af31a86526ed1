import { renderSummary } from "./checkout-summary.js";
import { type CheckoutPageView, errorsOf, isFirstWrong } from "./checkout-view.js";
import { notice } from "./components.js";
import { renderField } from "./form-field.js";
import { html, type SafeHtml } from "./html.js";
import { renderLayout } from "./layout.js";

export { renderClosedCheckoutPage, renderThreeDSecurePage } from "./checkout-steps.js";
export type { CheckoutPageView } from "./checkout-view.js";

/** The hosted checkout: one form that posts to its own URL with `action` pay, apply or cancel. */
export function renderCheckoutPage(view: CheckoutPageView): string {
  const body = html`<form method="post" class="checkout">
${renderDefaultButton()}
${renderSummary(view)}
<main class="payment"><div class="stack">
<h2>Payment details</h2>
${errorsOf(view, null).map((message) => notice("error", message))}
${view.email !== null && html`<div class="field"><span class="label">E-mail</span><p class="read-only">${view.email}</p></div>`}
${renderCardFields(view)}
${renderTestCards()}
${renderButtons(view)}
<p class="muted fine-print">Local Stripe sandbox · ${view.sessionId}</p>
</div></main>
</form>`;
  const title = `${view.errors.length > 0 ? "Error: " : ""}Checkout – ${view.merchantName}`;
  return renderLayout({ title, tinted: false, body });
}

/**
 * Enter presses the first button of a form. Apply stands before Pay on the page, so an unseen Pay goes first;
 * keyboards and screen readers skip it.
 */
function renderDefaultButton(): SafeHtml {
  return html`<button class="visually-hidden" name="action" value="pay" tabindex="-1" aria-hidden="true">Pay</button>`;
}

function renderCardFields(view: CheckoutPageView): SafeHtml {
  const field = (name: "number" | "expiry" | "cvc" | "name", label: string, value: string, attributes: SafeHtml) =>
    renderField({
      name,
      label,
      value,
      attributes: html`type="text" required spellcheck="false" ${attributes}`,
      errors: errorsOf(view, name),
      focus: isFirstWrong(view, name),
      button: null,
    });
  return html`${field("number", "Card number", "", html`inputmode="numeric" autocomplete="cc-number" maxlength="23" placeholder="1234 1234 1234 1234"`)}
<div class="pair">
${field("expiry", "Expiry", "", html`inputmode="numeric" autocomplete="cc-exp" maxlength="9" placeholder="MM / YY"`)}
${field("cvc", "CVC", "", html`inputmode="numeric" autocomplete="cc-csc" maxlength="4" placeholder="123"`)}
</div>
${field("name", "Name on card", view.values.name, html`autocomplete="cc-name" maxlength="200"`)}`;
}

function renderTestCards(): SafeHtml {
  return html`<div class="test-cards">
<strong>Test cards</strong>
<ul>
<li><code>4242 4242 4242 4242</code> succeeds</li>
<li><code>4000 0000 0000 0002</code> declines</li>
<li><code>4000 0027 6000 3184</code> asks for 3-D Secure</li>
</ul>
<p class="muted">Any future expiry, any CVC. Do not enter a real card.</p>
</div>`;
}

function renderButtons(view: CheckoutPageView): SafeHtml {
  const trial = view.trialDays > 0;
  return html`<div class="stack tight">
<button class="button primary wide" name="action" value="pay">${trial ? "Start trial" : `Pay ${view.totalDueToday}`}</button>
${view.cancelUrl !== null && html`<button class="button plain" name="action" value="cancel" formnovalidate>Cancel and return to ${view.merchantName}</button>`}
</div>
<p class="muted small">Your subscription renews every ${view.interval} until you cancel. You can cancel at any time.</p>`;
}
