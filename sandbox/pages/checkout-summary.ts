import { type CheckoutPageView, errorsOf, isFirstWrong } from "./checkout-view.js";
import { merchantMark, row } from "./components.js";
import { renderField } from "./form-field.js";
import { html, type SafeHtml } from "./html.js";

/** The tinted order summary: what is bought, what comes off, what is due today. */
export function renderSummary(view: CheckoutPageView): SafeHtml {
  if (view.mode === "setup") return renderSetupSummary(view);
  return html`<section class="summary" aria-label="Order summary"><div class="stack">
${merchantMark(view.merchantName)}
${renderHeadline(view)}
<dl class="rows rule">
${row(view.seats === null ? view.productName : `${view.productName} (${view.seats})`, view.amount)}
${row("Subtotal", view.amount, "line")}
${view.discount !== null && row(view.discount.name, negative(view.discount.amountOff), "saving")}
${view.tax !== null && row("Tax", view.tax)}
${view.trialDays > 0 && row("Free trial", days(view.trialDays))}
${view.balance !== null && row("Applied balance", view.balance, "saving")}
${row("Total due today", view.totalDueToday, "total")}
</dl>
${view.allowPromotionCode && renderPromotionCode(view)}
</div></section>`;
}

function renderSetupSummary(view: CheckoutPageView): SafeHtml {
  return html`<section class="summary" aria-label="Order summary"><div class="stack">
${merchantMark(view.merchantName)}
<div class="stack tight">
<h1 class="headline muted">Save a card</h1>
<p class="muted">Nothing is charged now.</p>
</div>
</div></section>`;
}

function renderHeadline(view: CheckoutPageView): SafeHtml {
  if (view.mode === "payment") {
    return html`<div class="stack tight">
<h1 class="headline muted">Pay ${view.merchantName}</h1>
<p class="price">${view.totalDueToday}</p>
</div>`;
  }
  const price =
    view.trialDays > 0
      ? html`<p class="price">${days(view.trialDays)} free</p><p class="muted">Then ${view.amount} per ${view.interval}${view.discount !== null && ", less discounts"}</p>`
      : html`<p class="price">${view.amount} <small>per ${view.interval}</small></p>`;
  return html`<div class="stack tight">
<h1 class="headline muted">Subscribe to ${view.productName}</h1>
${price}
${view.seats !== null && html`<p class="muted">${view.seats}</p>`}
${view.description !== null && html`<p class="muted">${view.description}</p>`}
</div>`;
}

function renderPromotionCode(view: CheckoutPageView): SafeHtml {
  return renderField({
    name: "promotion_code",
    label: "Promotion code",
    attributes: html`type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="100"`,
    value: view.values.promotion_code,
    errors: errorsOf(view, "promotion_code"),
    focus: isFirstWrong(view, "promotion_code"),
    button: html`<button class="button secondary" name="action" value="apply" formnovalidate>Apply</button>`,
  });
}

function days(count: number): string {
  return count === 1 ? "1 day" : `${count} days`;
}

/** Puts a minus before an amount that does not have one yet. */
function negative(amount: string): string {
  return /^[-−]/.test(amount) ? amount : `−${amount}`;
}
