import type Stripe from "stripe";
import { getPaymentMethod } from "../resources/payment-methods.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { confirmPayment } from "./confirm-payment.js";
import { confirmSetup, refuseSetup } from "./confirm-setup.js";
import { authenticationFailed } from "./declines.js";
import { failed } from "./payment-intent.js";
import { idOf } from "./price-amounts.js";

/** Goes on after the bank's question; a card may still be declined then, which is refused with 402. */
export function answerBank(
  world: World,
  intent: Stripe.PaymentIntent | Stripe.SetupIntent,
  answer: "authorize" | "fail",
): Stripe.PaymentIntent | Stripe.SetupIntent {
  if (intent.payment_method === null) return intent;
  const method = getPaymentMethod(world, idOf(intent.payment_method));
  if (intent.object === "setup_intent") {
    if (answer === "fail") return refuseSetup(world, intent, method);
    return confirmSetup(world, intent, method, "authenticated");
  }
  if (answer === "authorize") {
    return confirmPayment(world, intent, { method, presence: "authenticated", onQuestion: "ask", returnUrl: null });
  }
  const refused = world.tables.payment_intent.put(failed(intent, method, authenticationFailed));
  recordEvent(world, "payment_intent.payment_failed", refused);
  return refused;
}
