import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { captureCharge, releaseCharge } from "../billing/capture.js";
import { invoicePaymentOf } from "../billing/invoice-payment-of.js";
import { idOf } from "../billing/price-amounts.js";
import { formatMoney } from "../money.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { getCharge } from "./charges.js";
import type { cancelParams, captureParams } from "./payment-intent-params.js";
import { unexpectedState } from "./payment-intent-states.js";

const cancelable = [
  "requires_payment_method",
  "requires_capture",
  "requires_confirmation",
  "requires_action",
  "processing",
];

/** Takes held money, all or a part; the rest is let go. */
export function capturePaymentIntent(
  world: World,
  params: Read<typeof captureParams>,
  before: Stripe.PaymentIntent,
): Stripe.PaymentIntent {
  if (before.status !== "requires_capture" || before.latest_charge === null) {
    const message =
      `This PaymentIntent could not be captured because it has a status of ${before.status}. Only a PaymentIntent with ` +
      "one of the following statuses may be captured: requires_capture.";
    throw unexpectedState(message, before);
  }
  const amount = params.amount_to_capture ?? before.amount_capturable;
  if (amount > before.amount_capturable) {
    throw invalidRequest(
      `The amount to capture (${formatMoney(amount, before.currency)}) is greater than the amount that can be captured ` +
        `(${formatMoney(before.amount_capturable, before.currency)}).`,
      { code: "amount_too_large", param: "amount_to_capture" },
    );
  }
  const charge = captureCharge(world, getCharge(world, idOf(before.latest_charge)), amount);
  const after = world.tables.payment_intent.put({
    ...before,
    amount_capturable: 0,
    amount_received: amount,
    latest_charge: charge.id,
    metadata: mergeMetadata(before.metadata, params.metadata),
    statement_descriptor: params.statement_descriptor ?? before.statement_descriptor,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? before.statement_descriptor_suffix,
    status: "succeeded",
  });
  recordEvent(world, "payment_intent.succeeded", after);
  return after;
}

/** Gives up on a payment; held money is let go. */
export function cancelPaymentIntent(
  world: World,
  params: Read<typeof cancelParams>,
  before: Stripe.PaymentIntent,
): Stripe.PaymentIntent {
  if (!cancelable.includes(before.status)) {
    const message =
      `You cannot cancel this PaymentIntent because it has a status of ${before.status}. Only a PaymentIntent with one ` +
      `of the following statuses may be canceled: ${cancelable.join(", ")}.`;
    throw unexpectedState(message, before);
  }
  if (invoicePaymentOf(world, before.id)) {
    throw invalidRequest("A PaymentIntent that an invoice made is canceled by voiding the invoice.");
  }
  if (before.status === "requires_capture" && before.latest_charge !== null) {
    releaseCharge(world, getCharge(world, idOf(before.latest_charge)));
  }
  const after = world.tables.payment_intent.put({
    ...before,
    amount_capturable: 0,
    canceled_at: nowInSeconds(world),
    cancellation_reason: params.cancellation_reason ?? null,
    next_action: null,
    status: "canceled",
  });
  recordEvent(world, "payment_intent.canceled", after);
  return after;
}
