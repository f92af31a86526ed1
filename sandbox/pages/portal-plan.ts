import { humanize, statusBadge } from "./components.js";
import { html, type SafeHtml } from "./html.js";
import type { PortalPageView } from "./portal-view.js";

type Subscription = NonNullable<PortalPageView["subscription"]>;

/** The plan card with the buttons its state allows. */
export function renderPlan(view: PortalPageView): SafeHtml {
  const plan = view.subscription;
  if (plan === null) {
    return html`<section class="card stack"><h2>Current plan</h2><p class="muted">You have no subscription.</p></section>`;
  }
  return html`<section class="card stack">
<div class="between"><h2>Current plan</h2>${statusBadge(plan.status)}</div>
<div class="stack tight">
<p><strong>${plan.productName}</strong></p>
<p class="price">${plan.amount} <small>per ${plan.interval}</small></p>
${plan.seats !== null && html`<p class="muted">${plan.seats}</p>`}
</div>
${renderDates(plan)}
${renderActions(view, plan)}
</section>`;
}

function renderDates(plan: Subscription): SafeHtml | null {
  if (plan.endsOn !== null) {
    const verb = plan.status === "canceled" ? "ended" : "ends";
    return html`<p class="notice warning">Your plan ${verb} on ${plan.endsOn}.${plan.status !== "canceled" && " It will not renew."}</p>`;
  }
  if (plan.changesTo !== null) {
    return html`<p class="notice warning">Your plan changes to ${plan.changesTo.plan} on ${plan.changesTo.on}.</p>`;
  }
  return plan.renewsOn === null ? null : html`<p class="muted">Renews on ${plan.renewsOn}</p>`;
}

function renderActions(view: PortalPageView, plan: Subscription): SafeHtml | null {
  // A plan that is over can be neither cancelled nor kept.
  if (plan.status === "canceled") return null;
  if (plan.endsOn !== null) {
    return html`<form method="post" class="buttons"><button class="button primary" name="action" value="resume">Don’t cancel plan</button></form>`;
  }
  if (view.confirmCancel) return renderConfirmation(view, plan);
  if (!view.canCancel && !view.canUpdate && !view.canPause && !view.canUnpause) return null;
  return html`<form method="post" class="buttons">
${view.canUpdate && html`<button class="button primary" name="action" value="update">Update plan</button>`}
${view.canUnpause && html`<button class="button primary" name="action" value="unpause">Resume plan</button>`}
${view.canPause && html`<button class="button secondary" name="action" value="pause">Pause plan</button>`}
${view.canCancel && html`<button class="button secondary" name="action" value="cancel">Cancel plan</button>`}
</form>`;
}

/** What cancelling means, why it is asked for, and the two answers. */
export function renderConfirmation(view: PortalPageView, plan: Subscription): SafeHtml {
  const until = plan.renewsOn === null ? "the end of the paid period" : plan.renewsOn;
  return html`<form method="post" class="stack">
<div class="stack tight">
<h2>Cancel ${plan.productName}?</h2>
<p class="muted">You keep access until ${until}. After that the plan ends and you are not charged again.</p>
</div>
${view.cancelReasons.length > 0 && renderReasons(view.cancelReasons)}
<div class="buttons">
<button class="button danger" name="action" value="confirm_cancel">Yes, cancel plan</button>
<button class="button secondary" name="action" value="back">Keep my plan</button>
</div>
</form>`;
}

function renderReasons(reasons: readonly string[]): SafeHtml {
  return html`<div class="field">
<label for="feedback">Why do you cancel? (optional)</label>
<select id="feedback" name="feedback">
<option value="">Choose a reason</option>
${reasons.map((reason) => html`<option value="${reason}">${humanize(reason)}</option>`)}
</select>
</div>`;
}
