import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import type { Read } from "../api/params.js";
import { idOf } from "../billing/price-amounts.js";
import { refuseSpent } from "../billing/spent-method.js";
import type { World } from "../world.js";
import { type cardDataFields, createCard } from "./payment-method-data.js";
import { getPaymentMethod } from "./payment-methods.js";

/** The two ways of a request to say what to pay with. */
interface MethodParams {
  payment_method?: string | undefined;
  payment_method_data?: Read<typeof cardDataFields> | undefined;
}

/** The payment method that a request names for an intent, or whose card it carries; null if neither. */
export function chosenMethod(
  world: World,
  params: MethodParams,
  intent: Stripe.PaymentIntent | Stripe.SetupIntent,
): Stripe.PaymentMethod | null {
  const given = params.payment_method_data ? createCard(world, params.payment_method_data).id : params.payment_method;
  return given === undefined ? null : usableMethod(world, given, intent);
}

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
