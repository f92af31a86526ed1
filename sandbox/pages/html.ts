const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Markup that is already safe to print: only the `html` tag (and `trusted`) makes one. */
export class SafeHtml {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** What may be interpolated into an `html` template; `null` and `false` print nothing. */
export type HtmlValue = SafeHtml | string | number | null | false | readonly HtmlValue[];

/** Escapes text for use between tags and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

function print(value: HtmlValue): string {
  if (value === null || value === false) return "";
  if (value instanceof SafeHtml) return value.toString();
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  return value.map(print).join("");
}

/** Template tag that escapes every interpolated value unless it is itself `html`. Quote all attributes. */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): SafeHtml {
  const parts = strings.map((text, index) => text + print(values[index] ?? null));
  return new SafeHtml(parts.join(""));
}

/** Marks a constant written in this folder (such as the style sheet) as safe. Never pass it outside data. */
export function trusted(constant: string): SafeHtml {
  return new SafeHtml(constant);
}

/** Returns the address when it is an absolute http(s) URL, otherwise null, so `javascript:` never reaches an href. */
export function webUrl(address: string | null): string | null {
  if (address === null || !URL.canParse(address)) return null;
  const url = new URL(address);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
}
