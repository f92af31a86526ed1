import type Stripe from "stripe";
import { cardError } from "../api/errors.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { declines } from "./declines.js";
import { idOf } from "./price-amounts.js";
import { saveCard } from "./save-card.js";
import { settleInvoice } from "./settle-invoice.js";
import { declinePayment, needsAuthentication, type PaymentOutcome, type Presence, tryPayment } from "./try-payment.js";

/** How a payment intent is confirmed. */
export interface Confirmation {
  method: Stripe.PaymentMethod;
  presence: Presence;
  /** What a question of the bank leads to: asking the customer, or a decline that says why nobody is asked. */
  onQuestion: "ask" | "decline";
  returnUrl: string | null;
}

/** Charges the card, announces what came of it and refuses with 402 if the bank did. */
export function confirmPayment(
  world: World,
  intent: Stripe.PaymentIntent,
  confirmation: Confirmation,
): Stripe.PaymentIntent {
  const outcome = attempt(world, intent, confirmation);
  announcePayment(world, outcome, confirmation.method);
  if (outcome.kind !== "declined") return outcome.intent;
  throw cardError({
    ...outcome.decline,
    charge: outcome.charge.id,
    payment_intent: outcome.intent,
    payment_method: confirmation.method,
  });
}

function attempt(world: World, intent: Stripe.PaymentIntent, confirmation: Confirmation): PaymentOutcome {
  const { method, presence, onQuestion, returnUrl } = confirmation;
  if (onQuestion === "ask" || !needsAuthentication(world, method, presence)) {
    return tryPayment(world, intent, method, presence, returnUrl);
  }
  const isOffSession = presence === "off_session";
  const reason = isOffSession ? declines.authenticationRequired : declines.authenticationNotHandled;
  return declinePayment(world, intent, method, reason);
}

/** Tells what came of an attempt, saves the card if that was asked for, and pays the invoice it was for. */
export function announcePayment(world: World, outcome: PaymentOutcome, method: Stripe.PaymentMethod): void {
  const { intent } = outcome;
  if (outcome.kind === "succeeded") saveIfAsked(world, intent, method);
  recordEvent(world, eventTypeOf(outcome), intent);
  settleInvoice(world, intent);
}

function eventTypeOf({ kind, intent }: PaymentOutcome) {
  if (kind === "declined") return "payment_intent.payment_failed";
  if (kind === "requires_action") return "payment_intent.requires_action";
  return intent.status === "requires_capture" ? "payment_intent.amount_capturable_updated" : "payment_intent.succeeded";
}

function saveIfAsked(world: World, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod): void {
  if (method.customer !== null || intent.customer === null || intent.setup_future_usage === null) return;
  saveCard(world, method, idOf(intent.customer));
}
