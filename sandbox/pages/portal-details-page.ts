import { notice } from "./components.js";
import { renderField } from "./form-field.js";
import { html, type SafeHtml } from "./html.js";
import { renderFlow } from "./portal-flow-frame.js";

/** The fields of the form, by their posted names. */
export type DetailsField = "name" | "email" | "phone" | AddressField;

type AddressField = "line1" | "line2" | "city" | "state" | "postal_code" | "country";

/** What customers may change of themselves, with what is there or was typed. */
export interface PortalDetailsView {
  merchantName: string;
  returnUrl: string;
  values: Partial<Record<DetailsField, string>>;
  errors: { field: DetailsField; message: string }[];
}

const labels: [DetailsField, string, SafeHtml][] = [
  ["name", "Name", html`type="text" autocomplete="name"`],
  ["email", "Email", html`type="email" autocomplete="email" required`],
  ["phone", "Phone", html`type="tel" autocomplete="tel"`],
  ["line1", "Address", html`type="text" autocomplete="address-line1"`],
  ["line2", "Address, second line", html`type="text" autocomplete="address-line2"`],
  ["postal_code", "Postal code", html`type="text" autocomplete="postal-code"`],
  ["city", "City", html`type="text" autocomplete="address-level2"`],
  ["state", "State or region", html`type="text" autocomplete="address-level1"`],
  ["country", "Country (two letters)", html`type="text" autocomplete="country" autocapitalize="characters"`],
];

/** The form for a customer's own details; it posts `action` save_details with the fields, or back. */
export function renderPortalDetailsPage(view: PortalDetailsView): string {
  const title = "Update your details";
  const fields = labels.filter(([name]) => view.values[name] !== undefined);
  const isWrong = view.errors.length > 0;
  const body = html`<h1>${title}</h1>
${isWrong && notice("error", "Nothing was saved yet. Please look at what is marked below.")}
<form method="post" class="card stack">
${fields.map(([name, label, attributes]) =>
  renderField({
    name,
    label,
    attributes: html`maxlength="200" spellcheck="false" ${attributes}`,
    value: view.values[name] ?? "",
    errors: view.errors.filter(({ field }) => field === name).map(({ message }) => message),
    focus: view.errors[0]?.field === name,
    button: null,
  }),
)}
<div class="buttons"><button class="button primary" name="action" value="save_details">Save</button>
<button class="button secondary" name="action" value="back" formnovalidate>Go back</button></div>
</form>`;
  return renderFlow(view, isWrong ? `Error: ${title}` : title, body);
}
