import type Stripe from "stripe";
import { sum } from "../money.js";
import { account } from "../resources/account.js";
import { testClockOf } from "../time/test-clock-of.js";
import type { World } from "../world.js";
import { nowInSeconds } from "../world.js";
import type { AppliedDiscount } from "./applied-discounts.js";
import { type Collection, collectionOf } from "./collection.js";
import { discountShares } from "./discount-shares.js";
import { asPretaxCredits, buildInvoiceLine } from "./invoice-lines.js";
import type { LineDraft } from "./line-drafts.js";
import { productIdOf } from "./price-amounts.js";

/** What an invoice is made of. */
export interface InvoiceDraft {
  id: string;
  customer: Stripe.Customer;
  /** null for one that has nothing to do with a subscription. */
  subscription: Stripe.Subscription | null;
  currency: string;
  reason: Stripe.Invoice.BillingReason;
  lines: LineDraft[];
  /** What comes off, in this order. */
  discounts: AppliedDiscount[];
  period: { start: number; end: number };
  created: number;
  /** When it is finalized by itself; null: only by hand. */
  finalizesAt: number | null;
  /** Left out: as its subscription's are. */
  collection?: Collection;
}

/** An invoice as a draft; `number` and the hosted pages come with finalizing. */
export function buildInvoice(world: World, draft: InvoiceDraft): Stripe.Invoice {
  const { id, customer, subscription, discounts } = draft;
  const collection = draft.collection ?? collectionOf(subscription, draft.created);
  const subtotal = sum(draft.lines.map(({ amount }) => amount));
  const shares = sharesOf(draft);
  const off = discounts.map((discount, index) => ({ amount: sum(shares[index] ?? []), discount: discount.id }));
  const total = subtotal - sum(off.map(({ amount }) => amount));
  const due = Math.max(0, total + customer.balance);
  return {
    id,
    object: "invoice",
    account_country: account.country,
    account_name: account.business_profile.name,
    account_tax_ids: null,
    amount_due: due,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: due,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: draft.finalizesAt !== null,
    automatic_tax: automaticTax(subscription?.automatic_tax.enabled ?? false),
    automatically_finalizes_at: draft.finalizesAt,
    billing_reason: draft.reason,
    collection_method: collection.method,
    created: draft.created,
    currency: draft.currency,
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
    discounts: discounts.map((discount) => discount.id),
    due_date: collection.dueDate,
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
      data: draft.lines.map((line, index) =>
        buildInvoiceLine(
          id,
          draft.currency,
          line,
          line.isDiscountable ? off.map(({ discount }, of) => ({ amount: shares[of]?.[index] ?? 0, discount })) : [],
        ),
      ),
      has_more: false,
      url: `/v1/invoices/${id}/lines`,
    },
    livemode: false,
    metadata: {},
    next_payment_attempt: collection.method === "send_invoice" ? null : draft.finalizesAt,
    number: null,
    on_behalf_of: null,
    parent: subscription && {
      quote_details: null,
      subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
      type: "subscription_details",
    },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: draft.period.end,
    period_start: draft.period.start,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: customer.balance,
    statement_descriptor: null,
    status: "draft",
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal,
    subtotal_excluding_tax: subtotal,
    test_clock: testClockOf(world, customer),
    total,
    total_discount_amounts: off,
    total_excluding_tax: total,
    total_pretax_credit_amounts: asPretaxCredits(off),
    total_taxes: [],
    webhooks_delivered_at: draft.created,
  };
}

/** What each discount takes off each line. */
function sharesOf({ lines, discounts, currency }: InvoiceDraft): number[][] {
  const seen = lines.map(({ amount, isDiscountable, price }) => ({
    amount,
    isDiscountable,
    product: price ? productIdOf(price) : "",
  }));
  return discountShares(
    discounts.map(({ coupon }) => coupon),
    seen,
    currency,
  );
}

function automaticTax(enabled: boolean): Stripe.Invoice.AutomaticTax {
  if (!enabled) return { disabled_reason: null, enabled, liability: null, provider: null, status: null };
  return { disabled_reason: null, enabled, liability: { type: "self" }, provider: "stripe", status: "complete" };
}

/** Open: numbered, with its hosted page, waiting to be paid; the customer's balance has been taken into account. */
export function finalized(world: World, invoice: Stripe.Invoice, number: string, balance: number): Stripe.Invoice {
  const now = nowInSeconds(world);
  const due = Math.max(0, invoice.total + balance);
  return {
    ...invoice,
    amount_due: due,
    amount_remaining: due,
    automatically_finalizes_at: null,
    effective_at: now,
    starting_balance: balance,
    ending_balance: Math.min(0, invoice.total + balance),
    next_payment_attempt: null,
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
    next_payment_attempt: null,
    status: "paid",
    status_transitions: { ...invoice.status_transitions, paid_at: nowInSeconds(world) },
  };
}

/** Asked for and not paid; it stays open, and is perhaps asked for again. */
export function attempted(invoice: Stripe.Invoice, nextAttempt: number | null): Stripe.Invoice {
  return {
    ...invoice,
    attempt_count: invoice.attempt_count + 1,
    attempted: true,
    next_payment_attempt: nextAttempt,
  };
}

export function voided(world: World, invoice: Stripe.Invoice): Stripe.Invoice {
  const transitions = { ...invoice.status_transitions, voided_at: nowInSeconds(world) };
  return {
    ...invoice,
    auto_advance: false,
    amount_remaining: 0,
    next_payment_attempt: null,
    status: "void",
    status_transitions: transitions,
  };
}

/** Given up on, and still owed: it can be paid later all the same. */
export function uncollectible(world: World, invoice: Stripe.Invoice): Stripe.Invoice {
  const transitions = { ...invoice.status_transitions, marked_uncollectible_at: nowInSeconds(world) };
  return {
    ...invoice,
    auto_advance: false,
    next_payment_attempt: null,
    status: "uncollectible",
    status_transitions: transitions,
  };
}

/** The customer's next invoice number, used up. */
export function takeInvoiceNumber(world: World, customer: Stripe.Customer): string {
  const sequence = customer.next_invoice_sequence ?? 1;
  world.tables.customer.put({ ...customer, next_invoice_sequence: sequence + 1 });
  return `${customer.invoice_prefix ?? "SANDBOX"}-${String(sequence).padStart(4, "0")}`;
}
