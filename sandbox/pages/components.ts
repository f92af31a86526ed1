import { html, type SafeHtml } from "./html.js";

const TONES: Readonly<Record<string, string>> = {
  active: "good",
  paid: "good",
  trialing: "good",
  open: "warn",
  past_due: "warn",
  incomplete: "warn",
  unpaid: "bad",
  uncollectible: "bad",
};

/** Turns a machine word such as `past_due` or `visa` into "Past due" or "Visa". */
export function humanize(word: string): string {
  const text = word.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A coloured label for a subscription or invoice status; the word itself always carries the meaning. */
export function statusBadge(status: string): SafeHtml {
  return html`<span class="badge ${TONES[status] ?? ""}">${humanize(status)}</span>`;
}

/** The merchant's initial and name. */
export function merchantMark(name: string): SafeHtml {
  // Spreading keeps a first letter outside the basic plane (an emoji, say) in one piece.
  const initial = [...name.trim()][0] ?? "";
  return html`<div class="merchant"><span class="monogram" aria-hidden="true">${initial.toUpperCase()}</span><span>${name}</span></div>`;
}

/** A message box; errors interrupt a screen reader, the rest is announced politely. */
export function notice(kind: "success" | "error", text: string): SafeHtml {
  return html`<p class="notice ${kind}" role="${kind === "error" ? "alert" : "status"}">${text}</p>`;
}

/** One label and value of a `<dl class="rows">` or `<dl class="meta">`. */
export function row(label: string, value: string | SafeHtml, className = ""): SafeHtml {
  return html`<div class="${className}"><dt>${label}</dt><dd>${value}</dd></div>`;
}
