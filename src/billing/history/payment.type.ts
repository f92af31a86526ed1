import { Field, Int, ObjectType, registerEnumType } from "type-graphql";
import { Money, money } from "../../graphql/money.type.js";
import { Node } from "../../graphql/node.type.js";
import { connectionOf } from "../../graphql/pagination.js";
import { DateTime, Url } from "../../graphql/scalars.js";
import { namesOf } from "../../graphql/user-error.type.js";
import { paymentStatuses, type PaymentStatus as Status } from "../../stripe/snapshots.js";
import { globalId } from "../global-id.js";
import type { PaymentRow } from "./payment.table.js";

export const PaymentStatus = namesOf(paymentStatuses);
registerEnumType(PaymentStatus, {
  name: "PaymentStatus",
  description: "State of a payment.",
  valuesConfig: {
    CANCELED: { description: "Withdrawn before it was made." },
    FAILED: { description: "Declined; nothing was charged." },
    PARTIALLY_REFUNDED: { description: "Made, and partly given back." },
    PENDING: { description: "Under way." },
    REFUNDED: { description: "Made, and given back in full." },
    REQUIRES_ACTION: { description: "Waits for the customer, for example for 3-D Secure." },
    SUCCEEDED: { description: "Made." },
  },
});

@ObjectType({ description: "A card or account on file. Never holds full numbers." })
export class PaymentMethod {
  @Field(() => String, { description: "Kind as Stripe names it, for example `card`." })
  readonly kind!: string;

  @Field(() => String, { nullable: true, description: "Brand or bank." })
  readonly brand!: string | null;

  @Field(() => String, { nullable: true, description: "Last four characters." })
  readonly last4!: string | null;

  @Field(() => Int, { nullable: true, description: "Month a card expires." })
  readonly expMonth!: number | null;

  @Field(() => Int, { nullable: true, description: "Year a card expires." })
  readonly expYear!: number | null;
}

@ObjectType({ implements: Node, description: "Money that was charged, or an attempt to." })
export class Payment extends Node {
  /** Our invoice that it pays. */
  readonly invoiceId!: string | null;

  @Field(() => PaymentStatus, { description: "State." })
  readonly status!: Status;

  @Field(() => Money, { description: "Amount charged." })
  readonly amount!: Money;

  @Field(() => Money, { description: "Amount given back." })
  readonly refundedAmount!: Money;

  @Field(() => DateTime, { description: "When it was made." })
  readonly createdAt!: Date;

  @Field(() => String, {
    nullable: true,
    description: "Why it failed, fit for the customer; null when it did not.",
  })
  readonly failureMessage!: string | null;

  @Field(() => String, { nullable: true, description: "Stripe's decline code; null when it did not fail." })
  readonly failureCode!: string | null;

  @Field(() => PaymentMethod, { nullable: true, description: "How it was paid." })
  readonly method!: PaymentMethod | null;

  @Field(() => Url, { nullable: true, description: "Receipt." })
  readonly receiptUrl!: string | null;
}

export const PaymentConnection = connectionOf(Payment, "Payment", { one: "A payment", many: "payments" });

/** A payment, as the API shows it. */
export function toPayment(row: PaymentRow): Payment {
  const { invoiceId, status, createdAt, failureMessage, failureCode, receiptUrl } = row;
  return Object.assign(new Payment(), {
    id: globalId("Payment", row.id),
    invoiceId,
    status,
    amount: money(row.amount, row.currency),
    refundedAmount: money(row.refundedAmount, row.currency),
    createdAt,
    failureMessage,
    failureCode,
    method: methodOf(row),
    receiptUrl,
  });
}

function methodOf(row: PaymentRow): PaymentMethod | null {
  if (!row.methodKind) return null;
  const { methodKind: kind, methodBrand: brand, methodLast4: last4 } = row;
  return { kind, brand, last4, expMonth: row.methodExpMonth, expYear: row.methodExpYear };
}
