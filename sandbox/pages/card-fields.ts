import { type CheckoutPageView, errorsOf, isFirstWrong } from "./checkout-view.js";
import { renderField } from "./form-field.js";
import { html, type SafeHtml } from "./html.js";

/** What was typed into a card form and is shown again, and what was wrong with it. Card numbers never come back. */
export type CardFormView = Pick<CheckoutPageView, "errors"> & { values: { name: string } };

/** Number, expiry, security code and name, as checkout and portal ask for them. */
export function renderCardFields(view: CardFormView): SafeHtml {
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

/** The cards worth trying, so that nobody types a real one. */
export function renderTestCards(cards: readonly [number: string, effect: string][]): SafeHtml {
  return html`<div class="test-cards">
<strong>Test cards</strong>
<ul>
${cards.map(([number, effect]) => html`<li><code>${number}</code> ${effect}</li>`)}
</ul>
<p class="muted">Any future expiry, any CVC. Do not enter a real card.</p>
</div>`;
}
