import type Stripe from "stripe";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";
import { createInvoice } from "./create-invoice.js";
import type { LineDraft } from "./line-drafts.js";
import { draftNow, keepProrations } from "./make-update.js";
import { usedLines } from "./metered-lines.js";
import { pendingLines } from "./plan-renewal.js";
import { creditItems } from "./prorations.js";

/** Credits all of a subscription's time that is not used; pending until something invoices it. */
export function giveBack(world: World, subscription: Stripe.Subscription): void {
  keepProrations(world, unusedTime(world, subscription));
}

/** What would be credited; nothing is changed by looking. A trial cost nothing. */
export function unusedTime(world: World, subscription: Stripe.Subscription) {
  const items = subscription.status === "trialing" ? [] : subscription.items.data;
  const now = nowInSeconds(world);
  return {
    subscription,
    prorations: items.flatMap((item) => creditItems(world, subscription, item, now)),
    credited: subscription.items.data.map(({ id }) => id),
  };
}

/** What was used until now, this second included, for no period follows. */
export function lastUsage(world: World, subscription: Stripe.Subscription): LineDraft[] {
  return usedLines(world, subscription, nowInSeconds(world) + 1);
}

/** Invoices what is pending for a subscription, and what it has used, now; null if nothing is. */
export function invoicePending(world: World, subscription: Stripe.Subscription): Stripe.Invoice | null {
  const lines = [...pendingLines(world, subscription), ...lastUsage(world, subscription)];
  const draft = draftNow(world, subscription, newId.invoice(), lines);
  if (!draft) return null;
  world.tables.subscription.put({ ...subscription, latest_invoice: draft.id });
  return createInvoice(world, draft);
}
