import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { checkRange } from "../../graphql/date-time-range.type.js";
import { type Page, PageArgs, readPage } from "../../graphql/pagination.js";
import { Customer } from "../users/customer.type.js";
import { requirePayer } from "../users/payer.js";
import { invoicesOf, paymentsOf } from "./history.service.js";
import { Invoice, InvoiceConnection, toInvoice } from "./history.type.js";
import { InvoiceFilter, PaymentFilter } from "./history-filter.type.js";
import { Payment, PaymentConnection, toPayment } from "./payment.type.js";

const narrowed = { nullable: true, description: "Which ones; all when left out." };

@Resolver(() => Customer)
export class HistoryResolver {
  @Query(() => InvoiceConnection, {
    nullable: true,
    description: "Shortcut for `viewer.customer.invoices`: the billing history.",
  })
  invoices(
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => InvoiceFilter, narrowed) filter: InvoiceFilter | null,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<Invoice>> {
    return invoicePage(context, requirePayer(context.viewer).userId, page, filter);
  }

  @Query(() => PaymentConnection, {
    nullable: true,
    description: "Shortcut for `viewer.customer.payments`: the payment history.",
  })
  payments(
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => PaymentFilter, narrowed) filter: PaymentFilter | null,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<Payment>> {
    return paymentPage(context, requirePayer(context.viewer).userId, page, filter);
  }

  @FieldResolver(() => InvoiceConnection, { name: "invoices", nullable: true, description: "Invoices, newest first." })
  customerInvoices(
    @Root() { userId }: Customer,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => InvoiceFilter, narrowed) filter: InvoiceFilter | null,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<Invoice>> {
    return invoicePage(context, userId, page, filter);
  }

  @FieldResolver(() => PaymentConnection, { name: "payments", nullable: true, description: "Payments, newest first." })
  customerPayments(
    @Root() { userId }: Customer,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => PaymentFilter, narrowed) filter: PaymentFilter | null,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<Payment>> {
    return paymentPage(context, userId, page, filter);
  }
}

@Resolver(() => Invoice)
export class InvoiceResolver {
  @FieldResolver(() => [Payment], { description: "Payments made or tried against it." })
  async payments(@Root() { rowId }: Invoice, @Ctx() context: GraphQLContext): Promise<Payment[]> {
    return (await context.loaders.paymentsOfInvoice.load(rowId)).map(toPayment);
  }
}

@Resolver(() => Payment)
export class PaymentResolver {
  @FieldResolver(() => Invoice, { nullable: true, description: "Invoice it pays." })
  async invoice(@Root() { invoiceId }: Payment, @Ctx() context: GraphQLContext): Promise<Invoice | null> {
    const row = invoiceId ? await context.loaders.invoices.load(invoiceId) : undefined;
    return row ? toInvoice(row) : null;
  }
}

async function invoicePage(
  context: GraphQLContext,
  userId: string,
  page: PageArgs,
  filter: InvoiceFilter | null,
): Promise<Page<Invoice>> {
  checkRange(filter?.issuedAt, "issuedAt");
  await context.loaders.ready();
  return readPage(page, {
    name: "invoices",
    keys: ["instant", "uuid"],
    ...invoicesOf(context, userId, filter ?? {}),
    positionOf: ({ issuedAt, id }) => [issuedAt, id],
    show: toInvoice,
  });
}

async function paymentPage(
  context: GraphQLContext,
  userId: string,
  page: PageArgs,
  filter: PaymentFilter | null,
): Promise<Page<Payment>> {
  checkRange(filter?.createdAt, "createdAt");
  await context.loaders.ready();
  return readPage(page, {
    name: "payments",
    keys: ["instant", "uuid"],
    ...paymentsOf(context, userId, filter ?? {}),
    positionOf: ({ createdAt, id }) => [createdAt, id],
    show: toPayment,
  });
}
