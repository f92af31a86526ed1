import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation, retrieval } from "../api/operation.js";
import { bool, type Covers, clearable, integer, metadata, notHere, oneOf, onlyDisabled, text } from "../api/params.js";
import { giveUpInvoice } from "../billing/advance-invoice.js";
import { discountsParam } from "../billing/choose-discounts.js";
import { isSent } from "../billing/collection.js";
import { subscriptionOf } from "../billing/end-subscription.js";
import { finalizeInvoice, voidInvoice } from "../billing/finalize-invoice.js";
import { secondsToPayment } from "../billing/plan-renewal.js";
import { idOf } from "../billing/price-amounts.js";
import { sendInvoice } from "../billing/send-invoice.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { collectionParams } from "./collection-params.js";
import { createInvoiceByHand, payInvoice, refuseUnless, sendByHand, withCollection } from "./invoice-actions.js";
import { withDiscounts } from "./invoice-discounts.js";

const shared = {
  account_tax_ids: notHere,
  application_fee_amount: notHere,
  auto_advance: bool,
  automatic_tax: onlyDisabled,
  automatically_finalizes_at: integer(),
  ...collectionParams,
  custom_fields: notHere,
  default_payment_method: text,
  default_source: notHere,
  default_tax_rates: notHere,
  description: text,
  discounts: clearable(discountsParam),
  due_date: integer(),
  effective_at: notHere,
  footer: text,
  issuer: notHere,
  metadata,
  number: notHere,
  on_behalf_of: notHere,
  payment_settings: notHere,
  rendering: notHere,
  shipping_cost: notHere,
  shipping_details: notHere,
  statement_descriptor: text,
  transfer_data: notHere,
};

export const createParams = {
  ...shared,
  currency: text,
  customer: text,
  customer_account: notHere,
  from_invoice: notHere,
  pending_invoice_items_behavior: oneOf("exclude", "include"),
  subscription: text,
} satisfies Covers<Stripe.InvoiceCreateParams>;

const updateParams = shared satisfies Covers<Stripe.InvoiceUpdateParams>;

export const payParams = {
  forgive: bool,
  mandate: notHere,
  off_session: bool,
  paid_out_of_band: bool,
  payment_method: text,
  source: notHere,
} satisfies Covers<Stripe.InvoicePayParams>;

const finalizeParams = { auto_advance: bool } satisfies Covers<Stripe.InvoiceFinalizeInvoiceParams>;

const listParams = {
  ...paging,
  collection_method: oneOf("charge_automatically", "send_invoice"),
  created: range,
  customer: text,
  customer_account: notHere,
  due_date: range,
  status: oneOf("draft", "open", "paid", "uncollectible", "void"),
  subscription: text,
} satisfies Covers<Stripe.InvoiceListParams>;

const path = "/v1/invoices";
const answers = "invoice";

export const invoiceOperations = [
  operation({ method: "POST", path, answers, params: createParams, run: createInvoiceByHand }),
  retrieval(`${path}/:id`, answers, getInvoice),
  operation({
    method: "POST",
    path: `${path}/:id`,
    answers,
    params: updateParams,
    run: (world, params, id) => {
      const before = getInvoice(world, id);
      const after = world.tables.invoice.put({
        ...withDiscounts(world, withCollection(before, params), params.discounts),
        auto_advance: params.auto_advance ?? before.auto_advance ?? false,
        automatically_finalizes_at: params.automatically_finalizes_at ?? before.automatically_finalizes_at,
        default_payment_method: params.default_payment_method ?? before.default_payment_method,
        description: params.description ?? before.description,
        footer: params.footer ?? before.footer,
        metadata: mergeMetadata(before.metadata, params.metadata),
        statement_descriptor: params.statement_descriptor ?? before.statement_descriptor,
      });
      recordEvent(world, "invoice.updated", after, before);
      return after;
    },
  }),
  operation({
    method: "DELETE",
    path: `${path}/:id`,
    answers: "nothing",
    params: {},
    run: (world, _params, id): Stripe.DeletedInvoice => {
      const draft = getInvoice(world, id);
      refuseUnless(draft, ["draft"], "deleted");
      if (draft.parent !== null) throw invalidRequest("You can't delete an invoice of a subscription.");
      world.tables.invoice.remove(id);
      for (const item of draft.customer === null ? [] : world.tables.invoiceitem.of(idOf(draft.customer))) {
        if (item.invoice === id) world.tables.invoiceitem.put({ ...item, invoice: null });
      }
      recordEvent(world, "invoice.deleted", draft);
      return { id, object: "invoice", deleted: true };
    },
  }),
  operation({
    method: "POST",
    path: `${path}/:id/finalize`,
    answers,
    params: finalizeParams,
    run: (world, { auto_advance }, id) => {
      const draft = getInvoice(world, id);
      refuseUnless(draft, ["draft"], "finalized");
      const isAutomatic = auto_advance ?? draft.auto_advance ?? false;
      const open = finalizeInvoice(world, { ...draft, auto_advance: isAutomatic });
      if (!isAutomatic || open.status !== "open") return open;
      if (isSent(open)) return sendInvoice(world, open);
      // Asked for by itself, an hour later, if nobody does before.
      return world.tables.invoice.put({ ...open, next_payment_attempt: nowInSeconds(world) + secondsToPayment });
    },
  }),
  operation({ method: "POST", path: `${path}/:id/pay`, answers, params: payParams, run: payInvoice }),
  operation({ method: "POST", path: `${path}/:id/send`, answers, params: {}, run: sendByHand }),
  operation({
    method: "POST",
    path: `${path}/:id/void`,
    answers,
    params: {},
    run: (world, _params, id) => {
      const invoice = getInvoice(world, id);
      refuseUnless(invoice, ["open", "uncollectible"], "voided");
      return voidInvoice(world, invoice);
    },
  }),
  operation({
    method: "POST",
    path: `${path}/:id/mark_uncollectible`,
    answers,
    params: {},
    run: (world, _params, id) => {
      const invoice = getInvoice(world, id);
      refuseUnless(invoice, ["open"], "marked as uncollectible");
      return giveUpInvoice(world, invoice);
    },
  }),
  operation({
    method: "GET",
    path: `${path}/:id/lines`,
    answers: { list: "invoice_line" },
    params: paging,
    run: (world, params, id) => pageOf(getInvoice(world, id).lines.data, params, `${path}/${id}/lines`),
  }),
  operation({
    method: "GET",
    path,
    answers: { list: "invoice" },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.invoice
        .newestFirst()
        .filter((invoice) => matches(params.customer, invoice.customer && idOf(invoice.customer)))
        .filter(
          (invoice) => matches(params.subscription, subscriptionOf(invoice)) && matches(params.status, invoice.status),
        )
        .filter(({ due_date }) => params.due_date(due_date ?? Number.NaN))
        .filter(
          (invoice) => params.created(invoice.created) && matches(params.collection_method, invoice.collection_method),
        );
      return pageOf(found, params, path);
    },
  }),
];

export function getInvoice(world: World, id: string, param = "id"): Stripe.Invoice {
  const invoice = world.tables.invoice.find(id);
  if (!invoice) throw noSuch("invoice", id, param);
  return invoice;
}
