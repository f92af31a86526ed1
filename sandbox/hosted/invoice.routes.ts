import type { FastifyInstance } from "fastify";
import type Stripe from "stripe";
import { formatDate } from "../calendar.js";
import { formatMoney } from "../money.js";
import { type InvoicePageView, renderInvoicePage } from "../pages/invoice-page.js";
import { merchantName } from "../resources/account.js";
import type { Runtime } from "../runtime.js";
import { writePdf } from "./pdf.js";
import { sendPage } from "./send-page.js";

interface Params {
  invoiceId: string;
}

/** An invoice's hosted page and its PDF. */
export function registerInvoicePage(app: FastifyInstance, { world }: Runtime): void {
  app.get<{ Params: Params }>("/i/:invoiceId", async (request, reply) => {
    const invoice = world.tables.invoice.find(request.params.invoiceId);
    if (!invoice) return reply.code(404).type("text/plain; charset=utf-8").send("There is no invoice at this address.");
    return sendPage(reply, renderInvoicePage(invoiceView(invoice)));
  });

  app.get<{ Params: Params }>("/i/:invoiceId/pdf", async (request, reply) => {
    const invoice = world.tables.invoice.find(request.params.invoiceId);
    if (!invoice) return reply.code(404).type("text/plain; charset=utf-8").send("There is no invoice at this address.");
    const name = `Invoice-${invoice.number ?? invoice.id}.pdf`;
    return reply
      .type("application/pdf")
      .header("content-disposition", `attachment; filename="${name}"`)
      .send(writePdf(linesOf(invoiceView(invoice))));
  });
}

function invoiceView(invoice: Stripe.Invoice): InvoicePageView {
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
