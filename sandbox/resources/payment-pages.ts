import type Stripe from "stripe";
import { cardError, invalidRequest } from "../api/errors.js";
import { operation, retrieval } from "../api/operation.js";
import { integer, type Read, required, text } from "../api/params.js";
import { payWithMethod } from "../checkout/pay-session.js";
import type { World } from "../world.js";
import { getCheckoutSession } from "./checkout-sessions.js";
import { getPaymentMethod } from "./payment-methods.js";

const confirmParams = { expected_amount: integer(), payment_method: required(text) };

/** What Stripe's own checkout page and its command line tool call; not part of the documented API. */
export const paymentPageOperations = [
  retrieval("/v1/payment_pages/:id", "checkout.session", getCheckoutSession),
  operation({
    method: "POST",
    path: "/v1/payment_pages/:id/confirm",
    answers: "checkout.session",
    params: confirmParams,
    run: (world, params, id) => confirmPage(world, getCheckoutSession(world, id), params),
  }),
];

function confirmPage(
  world: World,
  session: Stripe.Checkout.Session,
  params: Read<typeof confirmParams>,
): Stripe.Checkout.Session {
  if (params.expected_amount !== undefined && params.expected_amount !== session.amount_total) {
    throw invalidRequest("The amount is not what the page expected.", { param: "expected_amount" });
  }
  const result = payWithMethod(world, session, getPaymentMethod(world, params.payment_method, "payment_method"));
  if (result.kind === "paid") return result.session;
  if (result.kind === "closed") throw invalidRequest("This Checkout Session can no longer be paid.");
  if (result.kind === "declined") throw cardError({ code: "card_declined", message: result.message });
  return getCheckoutSession(world, session.id);
}
