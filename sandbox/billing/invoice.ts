import type Stripe from "stripe";
import { account } from "../resources/account.js";
import { nowInSeconds, type World } from "../world.js";
import { buildInvoiceLines } from "./invoice-lines.js";
import { type Order, totalOf } from "./order.js";

/** A subscription's first invoice as a draft; `number` and the hosted pages come with finalizing. */
export function buildFirstInvoice(
  world: World,
  id: string,
  subscription: Stripe.Subscription,
  customer: Stripe.Customer,
  order: Order,
): Stripe.Invoice {
  const totals = totalOf(order);
  const now = nowInSeconds(world);
  const discount = subscription.discounts.at(-1);
  return {
    id,
    object: "invoice",
    account_country: account.country,
    account_name: account.business_profile.name,
    account_tax_ids: null,
    amount_due: totals.total,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: totals.total,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: true,
    automatic_tax: automaticTax(subscription.automatic_tax.enabled),
    automatically_finalizes_at: null,
    billing_reason: "subscription_create",
    collection_method: "charge_automatically",
    created: now,
    currency: order.currency,
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_shipping: customer.shipping,
    customer_tax_exempt: "none",
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: discount === undefined ? [] : [discount],
    due_date: null,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines: {
      object: "list",
      data: buildInvoiceLines(world, id, subscription, order, totals),
      has_more: false,
      url: `/v1/invoices/${id}/lines`,
    },
    livemode: false,
    metadata: {},
    next_payment_attempt: null,
    number: null,
    on_behalf_of: null,
    parent: {
      quote_details: null,
      subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
      type: "subscription_details",
    },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: now,
    period_start: now,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: "draft",
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: totals.subtotal,
    subtotal_excluding_tax: totals.subtotal,
    test_clock: null,
    total: totals.total,
    total_discount_amounts: discount === undefined ? [] : [{ amount: totals.discount, discount }],
    total_excluding_tax: totals.total,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: now,
  };
}

function automaticTax(enabled: boolean): Stripe.Invoice.AutomaticTax {
  if (!enabled) return { disabled_reason: null, enabled, liability: null, provider: null, status: null };
  return { disabled_reason: null, enabled, liability: { type: "self" }, provider: "stripe", status: "complete" };
}

/** Open: numbered, with its hosted page, waiting to be paid. */
export function finalized(world: World, invoice: Stripe.Invoice, number: string): Stripe.Invoice {
  const now = nowInSeconds(world);
  return {
    ...invoice,
    effective_at: now,
    ending_balance: 0,
    hosted_invoice_url: `${world.origin}/i/${invoice.id}`,
    invoice_pdf: `${world.origin}/i/${invoice.id}/pdf`,
    number,
    status: "open",
    status_transitions: { ...invoice.status_transitions, finalized_at: now },
  };
}

export function paid(world: World, invoice: Stripe.Invoice): Stripe.Invoice {
  return {
    ...invoice,
    amount_paid: invoice.amount_due,
    amount_remaining: 0,
    // An invoice of nothing is paid without anyone being asked.
    attempt_count: invoice.amount_due === 0 ? 0 : invoice.attempt_count + 1,
    attempted: true,
    auto_advance: false,
    status: "paid",
    status_transitions: { ...invoice.status_transitions, paid_at: nowInSeconds(world) },
  };
}

/** Asked for and not paid; it stays open. */
export function attempted(invoice: Stripe.Invoice): Stripe.Invoice {
  return { ...invoice, attempt_count: invoice.attempt_count + 1, attempted: true };
}

export function voided(world: World, invoice: Stripe.Invoice): Stripe.Invoice {
  const transitions = { ...invoice.status_transitions, voided_at: nowInSeconds(world) };
  return { ...invoice, auto_advance: false, amount_remaining: 0, status: "void", status_transitions: transitions };
}

/** The customer's next invoice number, used up. */
export function takeInvoiceNumber(world: World, customer: Stripe.Customer): string {
  const sequence = customer.next_invoice_sequence ?? 1;
  world.tables.customer.put({ ...customer, next_invoice_sequence: sequence + 1 });
  return `${customer.invoice_prefix ?? "SANDBOX"}-${String(sequence).padStart(4, "0")}`;
}
