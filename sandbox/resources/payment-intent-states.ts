import type Stripe from "stripe";
import { invalidRequest, type StripeRefusal } from "../api/errors.js";

/** A step that an intent's status does not allow; the intent comes with the refusal. */
export function unexpectedState(message: string, intent: Stripe.PaymentIntent): StripeRefusal {
  return invalidRequest(message, { code: "payment_intent_unexpected_state", payment_intent: intent });
}
