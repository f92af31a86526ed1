import { Field, ObjectType } from "type-graphql";
import { Money, money } from "../../graphql/money.type.js";
import { DateTime } from "../../graphql/scalars.js";
import type { InvoicePreviewSnapshot } from "../../stripe/snapshots.js";
import { InvoiceLine } from "./history.type.js";

@ObjectType({ description: "What an invoice would be." })
export class InvoicePreview {
  @Field(() => Money, { description: "Sum to pay, before the customer's balance is counted in." })
  readonly total!: Money;

  @Field(() => Money, {
    description: "What would be charged: the sum, less the customer's credit and with what they owe.",
  })
  readonly amountDue!: Money;

  @Field(() => Money, { description: "Tax." })
  readonly tax!: Money;

  @Field(() => [InvoiceLine], { description: "Lines, at most 100." })
  readonly lines!: InvoiceLine[];

  @Field(() => DateTime, { description: "When it would be charged." })
  readonly chargedAt!: Date;
}

/** A preview as the API shows it. */
export function toInvoicePreview({ currency, total, due, ...invoice }: InvoicePreviewSnapshot): InvoicePreview {
  return {
    total: money(total, currency),
    amountDue: money(due, currency),
    tax: money(invoice.tax, currency),
    lines: invoice.lines.map((line) => ({ ...line, amount: money(line.amount, currency) })),
    chargedAt: invoice.chargedAt,
  };
}
