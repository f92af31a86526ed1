import { notice, row } from "./components.js";
import { renderField } from "./form-field.js";
import { html, type SafeHtml } from "./html.js";
import { renderFlow } from "./portal-flow-frame.js";
import type { PortalConfirmView, PortalUpdateView } from "./portal-update-view.js";

/** The prices to choose from; it posts `action` review with `price`, `quantity` and `promotion_code`, or back. */
export function renderPortalUpdatePage(view: PortalUpdateView): string {
  const title = "Update your plan";
  const body = html`<h1>${title}</h1>
${view.message !== null && notice("error", view.message)}
<form method="post" class="card stack">
<fieldset class="choices"><legend class="label">Plan</legend>${view.offers.map(renderOffer)}</fieldset>
${view.quantity !== null && renderQuantity(view.quantity)}
${view.promotionCode !== null && renderPromotionCode(view.promotionCode)}
<div class="buttons"><button class="button primary" name="action" value="review">Continue</button>
<button class="button secondary" name="action" value="back" formnovalidate>Go back</button></div>
</form>`;
  return renderFlow(view, view.message === null ? title : `Error: ${title}`, body);
}

function renderOffer(offer: PortalUpdateView["offers"][number]): SafeHtml {
  return html`<label class="choice"><input type="radio" name="price" value="${offer.price}" required${offer.isChosen && html` checked`}>
<span><strong>${offer.name}</strong>${offer.isCurrent && html` <span class="badge">Current plan</span>`}<br><span class="muted">${offer.amount}</span></span></label>`;
}

function renderQuantity({ value, minimum, maximum }: NonNullable<PortalUpdateView["quantity"]>): SafeHtml {
  return renderField({
    name: "quantity",
    label: "Quantity",
    attributes: html`type="number" inputmode="numeric" required min="${minimum}"${maximum !== null && html` max="${maximum}"`}`,
    value,
    errors: [],
    focus: false,
    button: null,
  });
}

function renderPromotionCode(value: string): SafeHtml {
  return renderField({
    name: "promotion_code",
    label: "Promotion code (optional)",
    attributes: html`type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="100"`,
    value,
    errors: [],
    focus: false,
    button: null,
  });
}

/** What a change costs and when; it posts `action` confirm_update with the choice again, or back. */
export function renderPortalConfirmPage(view: PortalConfirmView): string {
  const title = "Confirm your update";
  const body = html`<h1>${title}</h1>
${view.message !== null && notice("error", view.message)}
<form method="post" class="card stack">
<dl class="rows">
${row("Now", view.from)}
${row("Will be", html`<strong>${view.to}</strong>`)}
${view.promotion !== null && row("Promotion", view.promotion)}
</dl>
${view.invoice !== null && renderInvoice(view.invoice)}
<p class="muted">${view.recurring}</p>
${view.card !== null && html`<p class="muted">Paid with ${view.card}.</p>`}
${Object.entries(view.choice).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<div class="buttons"><button class="button primary" name="action" value="confirm_update">Confirm</button>
<button class="button secondary" name="action" value="${view.backAction}">Go back</button></div>
</form>`;
  return renderFlow(view, view.message === null ? title : `Error: ${title}`, body);
}

function renderInvoice({
  title,
  lines,
  discounts,
  balance,
  total,
}: NonNullable<PortalConfirmView["invoice"]>): SafeHtml {
  return html`<dl class="rows rule">
${lines.map(({ description, amount }) => row(description, amount))}
${discounts !== null && row("Discounts", discounts, "saving")}
${balance !== null && row("Your balance", balance)}
${row(title, total, "total")}
</dl>`;
}
