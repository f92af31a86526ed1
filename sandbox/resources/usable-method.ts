import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { idOf } from "../billing/price-amounts.js";
import { refuseSpent } from "../billing/spent-method.js";
import type { World } from "../world.js";
import { getPaymentMethod } from "./payment-methods.js";

/** The payment method for an intent; it must be its customer's, or a fresh one of nobody. */
export function usableMethod(
  world: World,
  id: string,
  intent: Stripe.PaymentIntent | Stripe.SetupIntent,
): Stripe.PaymentMethod {
  const method = getPaymentMethod(world, id, "payment_method");
  const owner = method.customer === null ? null : idOf(method.customer);
  const customer = intent.customer === null ? null : idOf(intent.customer);
  if (owner === null) {
    refuseSpent(world, method);
    return method;
  }
  const noun = intent.object === "payment_intent" ? "PaymentIntent" : "SetupIntent";
  if (customer === null) {
    throw invalidRequest(
      `The PaymentMethod ${method.id} belongs to the Customer ${owner}. Please include the Customer in the \`customer\` ` +
        `parameter on the ${noun}.`,
      { param: "payment_method" },
    );
  }
  if (owner === customer) return method;
  throw invalidRequest(
    `The payment method ${method.id} does not belong to the Customer you supplied ${customer}. Please use this payment ` +
      "method with the Customer that it belongs to instead.",
    { param: "payment_method" },
  );
}
