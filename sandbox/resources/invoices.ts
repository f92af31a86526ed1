import type Stripe from "stripe";
import { noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { operation } from "../api/operation.js";
import { type Covers, notHere, oneOf, text } from "../api/params.js";
import { subscriptionOf } from "../billing/end-subscription.js";
import { idOf } from "../billing/price-amounts.js";
import type { World } from "../world.js";

const listParams = {
  ...paging,
  collection_method: oneOf("charge_automatically", "send_invoice"),
  created: range,
  customer: text,
  customer_account: notHere,
  due_date: notHere,
  status: oneOf("draft", "open", "paid", "uncollectible", "void"),
  subscription: text,
} satisfies Covers<Stripe.InvoiceListParams>;

export const invoiceOperations = [
  operation({
    method: "GET",
    path: "/v1/invoices/:id",
    answers: "invoice",
    params: {},
    run: (world, _params, id) => getInvoice(world, id),
  }),
  operation({
    method: "GET",
    path: "/v1/invoices",
    answers: { list: "invoice" },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.invoice
        .newestFirst()
        .filter((invoice) => matches(params.customer, invoice.customer && idOf(invoice.customer)))
        .filter(
          (invoice) => matches(params.subscription, subscriptionOf(invoice)) && matches(params.status, invoice.status),
        )
        .filter(
          (invoice) => params.created(invoice.created) && matches(params.collection_method, invoice.collection_method),
        );
      return pageOf(found, params, "/v1/invoices");
    },
  }),
];

export function getInvoice(world: World, id: string): Stripe.Invoice {
  const invoice = world.tables.invoice.find(id);
  if (!invoice) throw noSuch("invoice", id);
  return invoice;
}
