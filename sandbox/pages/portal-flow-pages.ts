import { type CardFormView, renderCardFields, renderTestCards } from "./card-fields.js";
import { errorsOf } from "./checkout-view.js";
import { humanize, notice } from "./components.js";
import { html } from "./html.js";
import { renderFlow } from "./portal-flow-frame.js";
import { renderConfirmation } from "./portal-plan.js";
import type { PortalPageView } from "./portal-view.js";

const testCards: [string, string][] = [
  ["5555 5555 5555 4444", "is saved"],
  ["4000 0000 0000 0341", "is saved, and declines when charged"],
  ["4000 0000 0000 0002", "is declined at once"],
];

/** The form for a new payment method; it posts `action` save_card, and back without one. */
export function renderPortalCardPage(view: PortalPageView, form: CardFormView): string {
  const card = view.paymentMethod;
  const body = html`<div class="stack tight">
<h1>Update your payment method</h1>
${card !== null && html`<p class="muted">Now ${humanize(card.brand)} •••• ${card.last4}, expires ${card.expiry}</p>`}
</div>
${errorsOf(form, null).map((message) => notice("error", message))}
<form method="post" class="card stack">
${renderCardFields(form)}
<p class="muted small">${view.merchantName} charges this card from now on.</p>
<div class="buttons"><button class="button primary" name="action" value="save_card">Save card</button>
<button class="button secondary" name="action" value="back" formnovalidate>Go back</button></div>
</form>
${renderTestCards(testCards)}`;
  return renderFlow(
    view,
    form.errors.length > 0 ? "Error: Update your payment method" : "Update your payment method",
    body,
  );
}

/** The question whether to cancel; it posts `action` confirm_cancel or back. */
export function renderPortalCancelPage(view: PortalPageView): string {
  const plan = view.subscription;
  const body = html`<h1>Cancel your subscription</h1>
${view.message !== null && notice(view.message.kind, view.message.text)}
<section class="card stack">${plan === null ? html`<p class="muted">You have no subscription.</p>` : renderConfirmation(view, plan)}</section>`;
  return renderFlow(view, "Cancel your subscription", body);
}
