import type Stripe from "stripe";
import { noSuch } from "../api/errors.js";
import { matches, pageOf } from "../api/lists.js";
import { operation } from "../api/operation.js";
import { notHere } from "../api/params.js";
import { idOf } from "../billing/price-amounts.js";
import type { World } from "../world.js";
import { cancelPaymentIntent, capturePaymentIntent } from "./payment-intent-ends.js";
import {
  cancelParams,
  captureParams,
  confirmParams,
  createParams,
  listParams,
  updateParams,
} from "./payment-intent-params.js";
import { confirmPaymentIntent, createPaymentIntent, updatePaymentIntent } from "./payment-intent-steps.js";

const path = "/v1/payment_intents";
const answers = "payment_intent";

export const paymentIntentOperations = [
  operation({ method: "POST", path, answers, params: createParams, run: createPaymentIntent }),
  operation({
    method: "GET",
    path: `${path}/:id`,
    answers,
    params: { client_secret: notHere, client_secret_params: notHere },
    run: (world, _params, id) => getPaymentIntent(world, id),
  }),
  operation({
    method: "POST",
    path: `${path}/:id`,
    answers,
    params: updateParams,
    run: (world, params, id) => updatePaymentIntent(world, params, getPaymentIntent(world, id)),
  }),
  operation({
    method: "POST",
    path: `${path}/:id/confirm`,
    answers,
    params: confirmParams,
    run: (world, params, id) => confirmPaymentIntent(world, params, getPaymentIntent(world, id)),
  }),
  operation({
    method: "POST",
    path: `${path}/:id/capture`,
    answers,
    params: captureParams,
    run: (world, params, id) => capturePaymentIntent(world, params, getPaymentIntent(world, id)),
  }),
  operation({
    method: "POST",
    path: `${path}/:id/cancel`,
    answers,
    params: cancelParams,
    run: (world, params, id) => cancelPaymentIntent(world, params, getPaymentIntent(world, id)),
  }),
  operation({
    method: "GET",
    path,
    answers: { list: answers },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.payment_intent
        .newestFirst()
        .filter((intent) => params.created(intent.created))
        .filter((intent) => matches(params.customer, intent.customer && idOf(intent.customer)));
      return pageOf(found, params, path);
    },
  }),
];

export function getPaymentIntent(world: World, id: string, param = "id"): Stripe.PaymentIntent {
  const intent = world.tables.payment_intent.find(id);
  if (!intent) throw noSuch("payment_intent", id, param);
  return intent;
}
