import { createHash } from "node:crypto";
import { html, type SafeHtml, trusted } from "./html.js";
import { STYLES } from "./styles.js";

/**
 * Content-Security-Policy that fits every page here: no scripts, and only the shared style sheet, by its hash.
 * It has no form-action: browsers apply that to the redirect after a post too, and would block the success URL.
 */
export const PAGE_CSP = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLES).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Wraps a page body into a complete document with the shared style sheet and the test-mode notice. */
export function renderLayout(page: { title: string; tinted: boolean; body: SafeHtml }): string {
  // The empty icon keeps browsers from asking the sandbox for /favicon.ico.
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${page.title}</title>
<link rel="icon" href="data:,">
<style>${trusted(STYLES)}</style>
</head>
<body class="${page.tinted ? "tinted" : "white"}">
<p class="test-mode">TEST MODE — no money moves</p>
${page.body}
</body>
</html>
`.toString();
}
