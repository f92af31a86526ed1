import { merchantMark } from "./components.js";
import { html, type SafeHtml, webUrl } from "./html.js";
import { renderLayout } from "./layout.js";
import type { PortalPageView } from "./portal-view.js";

/** A page of one task: the way back and nothing of the rest of the portal. */
export function renderFlow(
  view: Pick<PortalPageView, "merchantName" | "returnUrl">,
  title: string,
  content: SafeHtml,
): string {
  const returnUrl = webUrl(view.returnUrl);
  const body = html`<main class="page narrow stack">
<header class="between">
${merchantMark(view.merchantName)}
${returnUrl !== null && html`<a href="${returnUrl}">← Return to ${view.merchantName}</a>`}
</header>
${content}
</main>
<footer class="footer">Local Stripe sandbox</footer>`;
  return renderLayout({ title: `${title} – ${view.merchantName}`, tinted: true, body });
}
