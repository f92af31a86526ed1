import { html, type SafeHtml } from "./html.js";

/** An input with its label and the messages that belong to it. */
export interface FormField {
  name: string;
  label: string;
  /** A fixed set of attributes, written as markup with `html`. */
  attributes: SafeHtml;
  value: string;
  errors: readonly string[];
  /** Whether this is the first wrong field of the form, where typing should continue. */
  focus: boolean;
  /** A button printed to the right of the input. */
  button: SafeHtml | null;
}

/** Prints a labelled input; errors stand under it and are tied to it for screen readers. */
export function renderField(field: FormField): SafeHtml {
  const errorId = `${field.name}-error`;
  const wrong = field.errors.length > 0;
  const input = html`<input id="${field.name}" name="${field.name}" value="${field.value}" ${field.attributes}${
    wrong && html` aria-invalid="true" aria-describedby="${errorId}"`
  }${field.focus && html` autofocus`}>`;
  return html`<div class="field">
<label for="${field.name}">${field.label}</label>
${field.button === null ? input : html`<div class="with-button">${input}${field.button}</div>`}
${wrong && html`<p class="field-error" id="${errorId}">${field.errors.join(" ")}</p>`}
</div>`;
}
