import { Field, InputType } from "type-graphql";
import { DateTimeRange } from "../../graphql/date-time-range.type.js";
import type { InvoiceStatus as InvoiceStatusName, PaymentStatus as PaymentStatusName } from "../../stripe/snapshots.js";
import { InvoiceStatus } from "./history.type.js";
import { PaymentStatus } from "./payment.type.js";

const states = { nullable: true, description: "Any of these states; an empty list matches nothing." };

@InputType({ description: "Narrows invoices; the parts are joined with AND." })
export class InvoiceFilter {
  @Field(() => [InvoiceStatus], states)
  readonly status?: InvoiceStatusName[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Issued in this span." })
  readonly issuedAt?: DateTimeRange | null;
}

@InputType({ description: "Narrows payments; the parts are joined with AND." })
export class PaymentFilter {
  @Field(() => [PaymentStatus], states)
  readonly status?: PaymentStatusName[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Made in this span." })
  readonly createdAt?: DateTimeRange | null;
}
