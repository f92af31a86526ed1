import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { collectInvoice } from "./collect-invoice.js";
import { isSent } from "./collection.js";
import { noteDelinquency } from "./delinquency.js";
import { subscriptionOf } from "./end-subscription.js";
import { finalizeInvoice, voidInvoice } from "./finalize-invoice.js";
import { uncollectible } from "./invoice.js";
import { sendInvoice } from "./send-invoice.js";
import { standAfterGivingUp } from "./subscription-standing.js";

/** Finalizes a draft and asks for it, or sends it; while collection is paused it is voided or given up on instead. */
export function advanceDraft(world: World, draft: Stripe.Invoice): Stripe.Invoice {
  const open = finalizeInvoice(world, draft);
  if (open.status !== "open") return open;
  const behavior = pauseOf(world, open);
  if (behavior === "void") return voidInvoice(world, open);
  if (behavior === "mark_uncollectible") return giveUpInvoice(world, open);
  return isSent(open) ? sendInvoice(world, open) : collectInvoice(world, open);
}

export function giveUpInvoice(world: World, invoice: Stripe.Invoice): Stripe.Invoice {
  const given = world.tables.invoice.put(uncollectible(world, invoice));
  recordEvent(world, "invoice.marked_uncollectible", given);
  noteDelinquency(world, given, false);
  standAfterGivingUp(world, given);
  return given;
}

function pauseOf(world: World, invoice: Stripe.Invoice): string | null {
  const id = subscriptionOf(invoice);
  const subscription = id === null ? undefined : world.tables.subscription.find(id);
  return subscription?.pause_collection?.behavior ?? null;
}
