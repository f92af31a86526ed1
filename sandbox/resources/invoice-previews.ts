import type Stripe from "stripe";
import { StripeRefusal } from "../api/errors.js";
import { operation } from "../api/operation.js";
import { type Covers, notHere, only, type Read, required, text } from "../api/params.js";
import { idOf } from "../billing/price-amounts.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { buildUpcomingInvoice } from "../billing/upcoming-invoice.js";
import type { World } from "../world.js";
import { getCustomer } from "./customers.js";
import { getSubscription } from "./get-subscription.js";

const previewParams = {
  automatic_tax: notHere,
  currency: notHere,
  customer: text,
  customer_account: notHere,
  customer_details: notHere,
  discounts: notHere,
  invoice_items: notHere,
  issuer: notHere,
  on_behalf_of: notHere,
  preview_mode: only("next"),
  schedule: notHere,
  schedule_details: notHere,
  subscription: required(text),
  subscription_details: notHere,
} satisfies Covers<Stripe.InvoiceCreatePreviewParams>;

export const invoicePreviewOperations = [
  operation({
    method: "POST",
    path: "/v1/invoices/create_preview",
    answers: "invoice",
    params: previewParams,
    run: createPreview,
  }),
];

/** What a running subscription's renewal would be as it stands; nothing is kept. */
function createPreview(world: World, params: Read<typeof previewParams>): Stripe.Invoice {
  const subscription = getSubscription(world, params.subscription, "subscription");
  const customer = getCustomer(world, params.customer ?? idOf(subscription.customer), "customer");
  const isOthers = idOf(subscription.customer) !== customer.id;
  const isOver = subscription.ended_at !== null || subscription.status.startsWith("incomplete");
  const endsBefore = subscription.cancel_at !== null && subscription.cancel_at <= currentPeriodEnd(subscription);
  if (isOthers || isOver || endsBefore) throw noneUpcoming(customer.id);
  return buildUpcomingInvoice(world, subscription, customer);
}

function noneUpcoming(customer: string): StripeRefusal {
  const code = "invoice_upcoming_none";
  const doc_url = "https://stripe.com/docs/error-codes/invoice-upcoming-none";
  const message = `No upcoming invoices for customer: '${customer}'`;
  return new StripeRefusal(404, { type: "invalid_request_error", code, message, doc_url });
}
