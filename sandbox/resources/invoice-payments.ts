import type Stripe from "stripe";
import { noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { operation } from "../api/operation.js";
import { type Covers, hash, notHere, oneOf, required, text } from "../api/params.js";
import { idOf } from "../billing/price-amounts.js";

const listParams = {
  ...paging,
  created: range,
  invoice: text,
  payment: hash({ payment_intent: text, payment_record: notHere, type: required(oneOf("payment_intent")) }),
  status: oneOf("open", "paid", "canceled"),
} satisfies Covers<Stripe.InvoicePaymentListParams>;

export const invoicePaymentOperations = [
  operation({
    method: "GET",
    path: "/v1/invoice_payments/:id",
    answers: "invoice_payment",
    params: {},
    run: (world, _params, id) => {
      const payment = world.tables.invoice_payment.find(id);
      if (!payment) throw noSuch("invoice payment", id);
      return payment;
    },
  }),
  operation({
    method: "GET",
    path: "/v1/invoice_payments",
    answers: { list: "invoice_payment" },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.invoice_payment
        .newestFirst()
        .filter((record) => params.created(record.created) && matches(params.status, record.status))
        .filter((record) => matches(params.invoice, idOf(record.invoice)))
        .filter(({ payment }) =>
          matches(params.payment?.payment_intent, payment.payment_intent && idOf(payment.payment_intent)),
        );
      return pageOf(found, params, "/v1/invoice_payments");
    },
  }),
];
