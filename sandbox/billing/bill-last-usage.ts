import type Stripe from "stripe";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";
import { createInvoice } from "./create-invoice.js";
import { draftNow } from "./make-update.js";
import { usedLines } from "./metered-lines.js";
import { secondsToPayment } from "./plan-renewal.js";

/** What was used before a subscription came to its end, on an invoice of its own; like a renewal's it waits for an hour. */
export function billLastUsage(world: World, ended: Stripe.Subscription): void {
  const now = nowInSeconds(world);
  const draft = draftNow(world, ended, newId.invoice(), usedLines(world, ended, now));
  if (!draft) return;
  world.tables.subscription.put({ ...ended, latest_invoice: draft.id });
  createInvoice(world, { ...draft, reason: "subscription_cycle", finalizesAt: now + secondsToPayment });
}
