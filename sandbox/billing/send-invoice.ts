import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { intentOf } from "./collect-invoice.js";

/** Sends an open invoice to its customer, who pays it on its page; the intent to pay it with is there from now on. */
export function sendInvoice(world: World, open: Stripe.Invoice): Stripe.Invoice {
  intentOf(world, open);
  recordEvent(world, "invoice.sent", open);
  return open;
}
