import type Stripe from "stripe";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";
import { createInvoice } from "./create-invoice.js";
import { draftNow, keepProrations } from "./make-update.js";
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

/** Invoices what is pending for a subscription now; null if nothing is. */
export function invoicePending(world: World, subscription: Stripe.Subscription): Stripe.Invoice | null {
  const draft = draftNow(world, subscription, newId.invoice(), pendingLines(world, subscription));
  if (!draft) return null;
  world.tables.subscription.put({ ...subscription, latest_invoice: draft.id });
  return createInvoice(world, draft);
}
