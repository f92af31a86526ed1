import type { FastifyInstance, FastifyReply } from "fastify";
import type Stripe from "stripe";
import { formatDate } from "../calendar.js";
import { readCardForm } from "../checkout/card-form.js";
import { formatMoney } from "../money.js";
import type { CardFormView } from "../pages/card-fields.js";
import { type InvoicePageView, renderInvoicePage } from "../pages/invoice-page.js";
import { merchantName } from "../resources/account.js";
import type { Runtime } from "../runtime.js";
import { isPayable, payInvoiceOnPage } from "./pay-invoice.js";
import { writePdf } from "./pdf.js";
import { fieldOf, sendPage } from "./send-page.js";

interface Route {
  Params: { invoiceId: string };
  Querystring: { redirect_status?: string };
}

/** An invoice's hosted page, where what is owed is paid, and its PDF. */
export function registerInvoicePage(app: FastifyInstance, { world }: Runtime): void {
  app.get<Route>("/i/:invoiceId", async (request, reply) => {
    const invoice = world.tables.invoice.find(request.params.invoiceId);
    if (!invoice) return notFound(reply);
    const isRefused = request.query.redirect_status === "failed" && isPayable(invoice);
    const errors = isRefused ? [{ field: null, message: "Your bank did not confirm the payment." }] : [];
    return sendPage(reply, renderInvoicePage(invoiceView(invoice, { values: { name: "" }, errors })));
  });

  app.post<Route>("/i/:invoiceId", async (request, reply) => {
    const invoice = world.tables.invoice.find(request.params.invoiceId);
    if (!invoice) return notFound(reply);
    // Whoever posts twice finds it paid.
    const address = `/i/${invoice.id}`;
    if (!isPayable(invoice)) return reply.redirect(address, 303);
    const { body } = request;
    const values = { name: fieldOf(body, "name") };
    const [number, expiry, cvc] = [fieldOf(body, "number"), fieldOf(body, "expiry"), fieldOf(body, "cvc")];
    const card = readCardForm({ number, expiry, cvc, ...values }, world.clock.now());
    if (!card.ok) return sendPage(reply, renderInvoicePage(invoiceView(invoice, { values, errors: card.faults })));
    const payment = payInvoiceOnPage(world, invoice, card.form);
    if (payment.kind === "asked") return reply.redirect(payment.url, 303);
    if (payment.kind === "paid") return reply.redirect(address, 303);
    const errors = [{ field: null, message: payment.message }];
    return sendPage(reply, renderInvoicePage(invoiceView(invoice, { values, errors })), 402);
  });

  app.get<Route>("/i/:invoiceId/pdf", async (request, reply) => {
    const invoice = world.tables.invoice.find(request.params.invoiceId);
    if (!invoice) return notFound(reply);
    const name = `Invoice-${invoice.number ?? invoice.id}.pdf`;
    return reply
      .type("application/pdf")
      .header("content-disposition", `attachment; filename="${name}"`)
      .send(writePdf(linesOf(invoiceView(invoice, null))));
  });
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).type("text/plain; charset=utf-8").send("There is no invoice at this address.");
}

function invoiceView(invoice: Stripe.Invoice, form: CardFormView | null): InvoicePageView {
  const money = (amount: number) => formatMoney(amount, invoice.currency);
  return {
    merchantName,
    number: invoice.number ?? invoice.id,
    status: invoice.status ?? "draft",
    issuedOn: formatDate(invoice.effective_at ?? invoice.created),
    customer: invoice.customer_name ?? invoice.customer_email ?? "",
    lines: invoice.lines.data.map((line) => ({
      description: line.description ?? "",
      quantity: line.quantity,
      amount: money(line.amount),
    })),
    subtotal: money(invoice.subtotal),
    total: money(invoice.total),
    amountDue: money(invoice.amount_remaining),
    dueOn: invoice.due_date === null ? null : formatDate(invoice.due_date),
    payment: isPayable(invoice) ? form : null,
  };
}

function linesOf(view: InvoicePageView): string[] {
  return [
    view.merchantName,
    `Invoice ${view.number} (${view.status})`,
    `Issued on ${view.issuedOn} to ${view.customer}`,
    "",
    ...view.lines.map(({ description, amount }) => `${description}: ${amount}`),
    "",
    `Subtotal: ${view.subtotal}`,
    `Total: ${view.total}`,
    `Amount due: ${view.amountDue}`,
  ];
}
