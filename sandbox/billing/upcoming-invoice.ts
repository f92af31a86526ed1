import type Stripe from "stripe";
import { newId } from "../ids.js";
import type { World } from "../world.js";
import { buildInvoice, type InvoiceDraft } from "./invoice.js";
import { nextInvoiceAfter } from "./next-invoice.js";
import { planRenewal, type RenewalTerms } from "./plan-renewal.js";
import { scheduleOf } from "./schedule-of.js";

/** What a subscription will be invoiced with next; undefined if its schedule ends it before. */
export function upcomingInvoiceOf(
  world: World,
  subscription: Stripe.Subscription,
  customer: Stripe.Customer,
): Stripe.Invoice | undefined {
  const schedule = scheduleOf(world, subscription);
  if (!schedule) return buildUpcomingInvoice(world, subscription, customer);
  const what = { customer: customer.id, subscription: subscription.id, schedule: schedule.id };
  const next = nextInvoiceAfter(world.imagine(what), customer, () => undefined);
  return next && asPreview(next);
}

/** The renewal of a subscription as it stands, an invoice that is not kept; from the very plan that renews it. */
export function buildUpcomingInvoice(
  world: World,
  subscription: Stripe.Subscription,
  customer: Stripe.Customer,
  terms: Omit<RenewalTerms, "id"> = {},
  discounted: (draft: InvoiceDraft) => InvoiceDraft = (draft) => draft,
): Stripe.Invoice {
  const id = `upcoming_${newId.invoice()}`;
  const { draft } = planRenewal(world, subscription, customer, { ...terms, id });
  return asPreview(buildInvoice(world, discounted(draft)));
}

/** An invoice that is only shown. */
export function asPreview(invoice: Stripe.Invoice): Stripe.Invoice {
  return { ...invoice, automatically_finalizes_at: null, billing_reason: "upcoming", webhooks_delivered_at: null };
}
