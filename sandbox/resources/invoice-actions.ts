import type Stripe from "stripe";
import { cardError, invalidRequest, noSuch } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { collectInvoice, payerOf } from "../billing/collect-invoice.js";
import { collectionOf, isSent } from "../billing/collection.js";
import { createInvoice } from "../billing/create-invoice.js";
import { finalizeInvoice } from "../billing/finalize-invoice.js";
import { isPendingFor } from "../billing/invoice-item.js";
import { lineOfInvoiceItem } from "../billing/line-drafts.js";
import { pendingLines, secondsToPayment } from "../billing/plan-renewal.js";
import { idOf } from "../billing/price-amounts.js";
import { sendInvoice } from "../billing/send-invoice.js";
import { payOff } from "../billing/settle-invoice.js";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";
import { collectionGiven } from "./collection-params.js";
import { getCustomer } from "./customers.js";
import { getSubscription } from "./get-subscription.js";
import { discountsByHand } from "./invoice-discounts.js";
import type { createParams, payParams } from "./invoices.js";
import { getInvoice } from "./invoices.js";
import { getPaymentMethod } from "./payment-methods.js";

/** A draft by hand: empty, unless what is pending is asked for; for a subscription, what is pending for it. */
export function createInvoiceByHand(world: World, params: Read<typeof createParams>): Stripe.Invoice {
  const subscription =
    params.subscription === undefined ? null : getSubscription(world, params.subscription, "subscription");
  const owner = params.customer ?? (subscription && idOf(subscription.customer));
  if (!owner) throw invalidRequest("You must pass a customer or a subscription.", { param: "customer" });
  const customer = getCustomer(world, owner, "customer");
  const isIncluding = params.pending_invoice_items_behavior === "include";
  const pending = isIncluding
    ? world.tables.invoiceitem.of(customer.id).filter((item) => isPendingFor(item, null))
    : [];
  const currency = (
    params.currency ??
    pending.at(0)?.currency ??
    subscription?.currency ??
    customer.currency ??
    "usd"
  ).toLowerCase();
  const lines = subscription
    ? pendingLines(world, subscription)
    : pending.filter((item) => item.currency === currency).map((item) => lineOfInvoiceItem(world, item));
  if (subscription && lines.length === 0) {
    throw invalidRequest("Nothing to invoice for subscription", { code: "invoice_no_subscription_line_items" });
  }
  const now = nowInSeconds(world);
  const isAutomatic = params.auto_advance ?? false;
  const finalizesAt = isAutomatic ? (params.automatically_finalizes_at ?? now + secondsToPayment) : null;
  const id = newId.invoice();
  const collection = collectionGiven(params, { created: now, otherwise: collectionOf(subscription, now) });
  const invoice = createInvoice(world, {
    id,
    collection,
    customer,
    subscription,
    currency,
    reason: "manual",
    lines,
    discounts: discountsByHand(world, params.discounts, { id, customer: customer.id, subscription, currency, lines }),
    period: { start: now, end: now },
    created: now,
    finalizesAt,
  });
  return world.tables.invoice.put({
    ...invoice,
    default_payment_method: params.default_payment_method ?? null,
    description: params.description ?? null,
    footer: params.footer ?? null,
    metadata: mergeMetadata({}, params.metadata),
    statement_descriptor: params.statement_descriptor ?? null,
  });
}

/** Sends a customer what they are to pay, again if they had it; a draft is finalized first. */
export function sendByHand(world: World, _params: unknown, id: string): Stripe.Invoice {
  const invoice = getInvoice(world, id);
  refuseUnless(invoice, ["draft", "open", "uncollectible"], "sent");
  if (!isSent(invoice)) {
    throw invalidRequest("You can only manually send an invoice if its `collection_method` is `send_invoice`.");
  }
  const open = invoice.status === "draft" ? finalizeInvoice(world, invoice) : invoice;
  return open.status === "paid" ? open : sendInvoice(world, open);
}

/** Changes how an invoice is collected; once it is finalized only the day it is due moves. */
export function withCollection(
  invoice: Stripe.Invoice,
  params: Pick<Read<typeof createParams>, "collection_method" | "days_until_due" | "due_date">,
): Stripe.Invoice {
  const { collection_method, days_until_due, due_date } = params;
  if (collection_method === undefined && days_until_due === undefined && due_date === undefined) return invoice;
  if (collection_method !== undefined && collection_method !== invoice.collection_method) {
    refuseUnless(invoice, ["draft"], "collected in another way");
  }
  const otherwise = { method: invoice.collection_method, dueDate: invoice.due_date };
  const collection = collectionGiven(params, { created: invoice.created, otherwise });
  return { ...invoice, collection_method: collection.method, due_date: collection.dueDate };
}

/** Pays now: with a given card, without Stripe, or as it would be paid by itself. A draft is finalized first. */
export function payInvoice(world: World, params: Read<typeof payParams>, id: string): Stripe.Invoice {
  const invoice = getInvoice(world, id);
  if (invoice.status === "paid") throw invalidRequest("Invoice is already paid");
  refuseUnless(invoice, ["draft", "open", "uncollectible"], "paid");
  const given = params.payment_method === undefined ? null : ownMethod(world, invoice, params.payment_method);
  const open = invoice.status === "draft" ? finalizeInvoice(world, invoice) : invoice;
  if (open.status === "paid") return open;
  if (params.paid_out_of_band) return payOff(world, open);
  const method = given ?? payerOf(world, open);
  if (!method) {
    throw invalidRequest(
      "There is no `default_payment_method` set on this Customer or Invoice. Please pass in a payment method or set a " +
        "default one.",
      { code: "invoice_payment_intent_requires_action" },
    );
  }
  const tried = collectInvoice(world, open, {
    method,
    presence: params.off_session === false ? "on_session" : "off_session",
  });
  if (tried.status !== "paid") throw refusalOf(world, tried);
  return tried;
}

export function refuseUnless({ status }: Stripe.Invoice, wanted: string[], done: string): void {
  if (status !== null && wanted.includes(status)) return;
  throw invalidRequest(
    `This invoice cannot be ${done} because it is ${status === null ? "not stored" : `\`${status}\``}.`,
    { code: "invoice_not_editable" },
  );
}

function ownMethod(world: World, { customer }: Stripe.Invoice, id: string): Stripe.PaymentMethod {
  const method = getPaymentMethod(world, id, "payment_method");
  if (method.customer !== null && customer !== null && idOf(method.customer) === idOf(customer)) return method;
  throw noSuch("PaymentMethod", id, "payment_method");
}

/** 402, as the card was answered. */
function refusalOf(world: World, invoice: Stripe.Invoice): Error {
  const [payment] = world.tables.invoice_payment.of(invoice.id).slice(-1);
  const reference = payment?.payment.payment_intent;
  const intent = reference && world.tables.payment_intent.find(idOf(reference));
  const error = intent ? intent.last_payment_error : null;
  if (intent && intent.status === "requires_action") {
    return cardError({
      code: "invoice_payment_intent_requires_action",
      message: "Payment for this invoice requires additional user action before it can be completed successfully.",
    });
  }
  return cardError({
    message: error?.message ?? "Your card was declined.",
    code: error?.code ?? "card_declined",
    ...(error?.decline_code ? { decline_code: error.decline_code } : {}),
  });
}
