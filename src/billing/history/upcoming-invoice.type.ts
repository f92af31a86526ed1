import { Field, ObjectType } from "type-graphql";
import { Money, money } from "../../graphql/money.type.js";
import { DateTime } from "../../graphql/scalars.js";
import type { InvoicePreviewSnapshot } from "../../stripe/snapshots.js";
import { InvoiceLine } from "./history.type.js";

@ObjectType({ description: "What an invoice would be." })
export class InvoicePreview {
  @Field(() => Money, { description: "Sum to pay, before the customer's credit is used up." })
  readonly total!: Money;

  @Field(() => Money, { description: "Tax." })
  readonly tax!: Money;

  @Field(() => [InvoiceLine], { description: "Lines, at most 100." })
  readonly lines!: InvoiceLine[];

  @Field(() => DateTime, { description: "When it would be charged." })
  readonly chargedAt!: Date;
}

/** A preview as the API shows it. */
export function toInvoicePreview({ currency, lines, tax, total, chargedAt }: InvoicePreviewSnapshot): InvoicePreview {
  return {
    total: money(total, currency),
    tax: money(tax, currency),
    lines: lines.map((line) => ({ ...line, amount: money(line.amount, currency) })),
    chargedAt,
  };
}
