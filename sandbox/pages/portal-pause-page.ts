import { notice } from "./components.js";
import { html } from "./html.js";
import { renderFlow } from "./portal-flow-frame.js";
import type { PortalPageView } from "./portal-view.js";

/** The question whether to pause; it posts `action` confirm_pause or back. */
export function renderPortalPausePage(view: PortalPageView): string {
  const title = "Pause your subscription";
  const body = html`<h1>${title}</h1>
${view.message !== null && notice(view.message.kind, view.message.text)}
<form method="post" class="card stack">
<div class="stack tight">
${view.subscription !== null && html`<h2>Pause ${view.subscription.productName}?</h2>`}
<p class="muted">It stops now, and what you have paid for and not used is given back on your next invoice. You can resume it here at any time: a new period then begins and is charged.</p>
</div>
<div class="buttons"><button class="button primary" name="action" value="confirm_pause">Pause plan</button>
<button class="button secondary" name="action" value="back">Go back</button></div>
</form>`;
  return renderFlow(view, title, body);
}
