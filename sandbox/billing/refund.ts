import type Stripe from "stripe";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { recordBalanceTransaction } from "./balance-transaction.js";
import { cardBehind } from "./payment-method.js";
import { idOf } from "./price-amounts.js";
import type { LaterRefund } from "./test-cards.js";

/** Gives an amount back to the card; how it ends may show later. */
export function refundCharge(
  world: World,
  charge: Stripe.Charge,
  given: { amount: number; reason: Stripe.Refund["reason"]; metadata: Record<string, string> },
): Stripe.Refund {
  const { amount } = given;
  const { currency } = charge;
  const id = newId.refund();
  const description = `REFUND FOR CHARGE${charge.description === null ? "" : ` (${charge.description})`}`;
  const entry = recordBalanceTransaction(world, { type: "refund", amount: -amount, currency, source: id, description });
  const refund = world.tables.refund.put({
    id,
    object: "refund",
    amount,
    balance_transaction: entry.id,
    charge: charge.id,
    created: nowInSeconds(world),
    currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: {
      card: { reference_status: "pending", reference_type: "acquirer_reference_number", type: "refund" },
      type: "card",
    },
    metadata: given.metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: given.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: laterOutcome(world, charge) === "succeeds" ? "pending" : "succeeded",
    transfer_reversal: null,
  });
  const amount_refunded = charge.amount_refunded + amount;
  const refunded = world.tables.charge.put({ ...charge, amount_refunded, refunded: amount_refunded === charge.amount });
  recordEvent(world, "refund.created", refund);
  recordEvent(world, "charge.refunded", refunded);
  recordEvent(world, "refund.updated", refund, refund);
  recordEvent(world, "charge.refund.updated", refund, refund);
  return refund;
}

/** A pending refund arrives. */
export function completeRefund(world: World, before: Stripe.Refund): void {
  const after = world.tables.refund.put({ ...before, status: "succeeded" });
  recordEvent(world, "refund.updated", after, before);
  recordEvent(world, "charge.refund.updated", after, before);
}

/** The card's bank sends a refund back: the money is the account's again. https://docs.stripe.com/refunds#failed-refunds */
export function failRefund(world: World, before: Stripe.Refund): void {
  const { id: source, amount, currency } = before;
  const description = "REFUND FAILURE";
  const entry = recordBalanceTransaction(world, { type: "refund_failure", amount, currency, source, description });
  const after = world.tables.refund.put({
    ...before,
    failure_balance_transaction: entry.id,
    failure_reason: "unknown",
    status: "failed",
  });
  const charge = before.charge === null ? undefined : world.tables.charge.find(idOf(before.charge));
  if (charge) {
    const amount_refunded = charge.amount_refunded - amount;
    const owed = world.tables.charge.put({ ...charge, amount_refunded, refunded: false });
    recordEvent(world, "charge.updated", owed, charge);
  }
  recordEvent(world, "refund.failed", after);
  recordEvent(world, "charge.refund.updated", after, before);
}

/** What the charged card has in store for its refunds. */
export function laterOutcome(world: World, charge: Stripe.Charge): LaterRefund | null {
  const method = world.tables.payment_method.find(charge.payment_method ?? "");
  return (method && cardBehind(method)?.laterRefund) ?? null;
}
