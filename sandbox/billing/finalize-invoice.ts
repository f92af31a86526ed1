import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { applyBalance, unapplyBalance } from "./apply-balance.js";
import { finalized, takeInvoiceNumber, voided } from "./invoice.js";
import { idOf } from "./price-amounts.js";
import { recountUsage } from "./recount-usage.js";
import { payOff } from "./settle-invoice.js";
import { standAfterVoiding } from "./subscription-standing.js";

/**
 * Opens a draft: numbers it and takes the customer's balance into account.
 *
 * What the balance covers is paid without anyone being asked; what is below zero becomes credit.
 */
export function finalizeInvoice(world: World, begun: Stripe.Invoice): Stripe.Invoice {
  const draft = recountUsage(world, begun);
  const customer = draft.customer === null ? undefined : world.tables.customer.find(idOf(draft.customer));
  const balance = customer?.balance ?? 0;
  const number = customer ? takeInvoiceNumber(world, customer) : `SANDBOX-${draft.id.slice(-8)}`;
  const open = world.tables.invoice.put(finalized(world, draft, number, balance));
  recordEvent(world, "invoice.finalized", open);
  applyBalance(world, open);
  return open.amount_due === 0 ? payOff(world, open) : open;
}

/** Takes an invoice back; the credit it used up is the customer's again. */
export function voidInvoice(world: World, invoice: Stripe.Invoice): Stripe.Invoice {
  const result = world.tables.invoice.put(voided(world, invoice));
  if (invoice.status !== "draft") unapplyBalance(world, invoice);
  recordEvent(world, "invoice.voided", result);
  standAfterVoiding(world, result);
  return result;
}
