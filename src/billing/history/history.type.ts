import { Field, ObjectType, registerEnumType } from "type-graphql";
import { Money, money, Period } from "../../graphql/money.type.js";
import { Node } from "../../graphql/node.type.js";
import { connectionOf } from "../../graphql/pagination.js";
import { DateTime, SafeInt, Url } from "../../graphql/scalars.js";
import { namesOf } from "../../graphql/user-error.type.js";
import { invoiceStatuses, type InvoiceStatus as Status } from "../../stripe/snapshots.js";
import { globalId } from "../global-id.js";
import type { InvoiceLineRow, InvoiceRow } from "./invoice.table.js";

export const InvoiceStatus = namesOf(invoiceStatuses);
registerEnumType(InvoiceStatus, {
  name: "InvoiceStatus",
  description: "State of an invoice.",
  valuesConfig: {
    DRAFT: { description: "Not issued yet; may still change." },
    OPEN: { description: "Issued and to be paid." },
    PAID: { description: "Paid, or nothing was due." },
    UNCOLLECTIBLE: { description: "Written off." },
    VOID: { description: "Withdrawn; nothing is owed." },
  },
});

@ObjectType({ description: "One line of an invoice." })
export class InvoiceLine {
  @Field(() => String, { description: "Text." })
  readonly description!: string;

  @Field(() => SafeInt, { nullable: true, description: "Quantity." })
  readonly quantity!: number | null;

  @Field(() => Money, { description: "Amount, negative for credit." })
  readonly amount!: Money;

  @Field(() => Boolean, { description: "Whether it is a part-period adjustment." })
  readonly isProration!: boolean;

  @Field(() => Period, { description: "Time it covers." })
  readonly period!: Period;
}

@ObjectType({ implements: Node, description: "A bill." })
export class Invoice extends Node {
  /** Our row's id. */
  readonly rowId!: string;

  @Field(() => String, { nullable: true, description: "Number printed on it; null while a draft." })
  readonly number!: string | null;

  @Field(() => InvoiceStatus, { description: "State." })
  readonly status!: Status;

  @Field(() => DateTime, { description: "When it was issued." })
  readonly issuedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When payment is due." })
  readonly dueAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: "When it was paid." })
  readonly paidAt!: Date | null;

  @Field(() => Period, { description: "Time it covers." })
  readonly period!: Period;

  @Field(() => [InvoiceLine], { description: "Lines, at most 100." })
  readonly lines!: InvoiceLine[];

  @Field(() => Money, { description: "Sum before discounts and tax." })
  readonly subtotal!: Money;

  @Field(() => Money, { description: "Discounts." })
  readonly discountTotal!: Money;

  @Field(() => Money, { description: "Tax." })
  readonly tax!: Money;

  @Field(() => Money, { description: "Sum to pay." })
  readonly total!: Money;

  @Field(() => Money, { description: "Still to pay." })
  readonly amountDue!: Money;

  @Field(() => Url, { nullable: true, description: "Stripe's page to view and pay it." })
  readonly hostedUrl!: string | null;

  @Field(() => Url, { nullable: true, description: "PDF download." })
  readonly pdfUrl!: string | null;
}

export const InvoiceConnection = connectionOf(Invoice, "Invoice", { one: "An invoice", many: "invoices" });

/** An invoice, as the API shows it. */
export function toInvoice(row: InvoiceRow): Invoice {
  const inCurrency = (amount: number) => money(amount, row.currency);
  const { number, status, issuedAt, dueAt, paidAt, hostedUrl, pdfUrl } = row;
  return Object.assign(new Invoice(), {
    id: globalId("Invoice", row.id),
    rowId: row.id,
    number,
    status,
    issuedAt,
    dueAt,
    paidAt,
    period: { start: row.periodStart, end: row.periodEnd },
    lines: row.lines.map((line) => toLine(line, row.currency)),
    subtotal: inCurrency(row.subtotal),
    discountTotal: inCurrency(row.discountTotal),
    tax: inCurrency(row.tax),
    total: inCurrency(row.total),
    amountDue: inCurrency(row.amountDue),
    hostedUrl,
    pdfUrl,
  });
}

function toLine({ start, end, amount, ...line }: InvoiceLineRow, currency: string): InvoiceLine {
  return { ...line, amount: money(amount, currency), period: { start: new Date(start), end: new Date(end) } };
}
