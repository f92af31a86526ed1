import type Stripe from "stripe";
import { newId } from "../ids.js";
import type { World } from "../world.js";
import { buildInvoice, type InvoiceDraft } from "./invoice.js";
import { planRenewal } from "./plan-renewal.js";
import { inPhaseOfRenewal } from "./schedule-phases.js";

/** The renewal of a subscription as it stands, an invoice that is not kept; from the very plan that renews it. */
export function buildUpcomingInvoice(
  world: World,
  subscription: Stripe.Subscription,
  customer: Stripe.Customer,
  pending?: Stripe.InvoiceItem[],
  discounted?: (draft: InvoiceDraft) => InvoiceDraft,
): Stripe.Invoice {
  const id = `upcoming_${newId.invoice()}`;
  const then = inPhaseOfRenewal(world, subscription);
  const { draft } = planRenewal(world, then, customer, { id, ...(pending ? { pending } : {}) });
  return asPreview(buildInvoice(world, discounted ? discounted(draft) : draft));
}

/** An invoice that is only shown. */
export function asPreview(invoice: Stripe.Invoice): Stripe.Invoice {
  return { ...invoice, automatically_finalizes_at: null, billing_reason: "upcoming", webhooks_delivered_at: null };
}
