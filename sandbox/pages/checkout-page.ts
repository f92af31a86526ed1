import { renderCardFields, renderTestCards } from "./card-fields.js";
import { renderSummary } from "./checkout-summary.js";
import { type CheckoutPageView, errorsOf } from "./checkout-view.js";
import { notice } from "./components.js";
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
<h2>${view.isCardAsked ? "Payment details" : "Your details"}</h2>
${errorsOf(view, null).map((message) => notice("error", message))}
${view.email !== null && html`<div class="field"><span class="label">E-mail</span><p class="read-only">${view.email}</p></div>`}
${
  view.isCardAsked
    ? html`${renderCardFields(view)}
${renderTestCards(testCards)}`
    : renderNoCard(view)
}
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

/** What stands in the place of the card that need not be left: https://docs.stripe.com/payments/checkout/free-trials */
function renderNoCard(view: CheckoutPageView): SafeHtml {
  const isStopped = view.trialDays > 0 && view.missingCard !== "create_invoice";
  const outcome = view.missingCard === "pause" ? "paused" : "canceled";
  return html`<p class="muted">No payment method is needed: nothing is due today.${isStopped && ` The subscription is ${outcome} when the trial ends, unless you add one before.`}</p>`;
}

const testCards: [string, string][] = [
  ["4242 4242 4242 4242", "succeeds"],
  ["4000 0000 0000 0002", "declines"],
  ["4000 0027 6000 3184", "asks for 3-D Secure"],
];

function renderButtons(view: CheckoutPageView): SafeHtml {
  return html`<div class="stack tight">
<button class="button primary wide" name="action" value="pay">${labelOf(view)}</button>
${view.cancelUrl !== null && html`<button class="button plain" name="action" value="cancel" formnovalidate>Cancel and return to ${view.merchantName}</button>`}
</div>
${view.mode === "subscription" && html`<p class="muted small">Your subscription renews every ${view.interval} until you cancel. You can cancel at any time.</p>`}`;
}

function labelOf(view: CheckoutPageView): string {
  if (view.mode === "setup") return "Save card";
  if (view.trialDays > 0) return "Start trial";
  return view.isCardAsked ? `Pay ${view.totalDueToday}` : "Subscribe";
}
