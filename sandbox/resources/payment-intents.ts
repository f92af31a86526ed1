import type Stripe from "stripe";
import { noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { operation } from "../api/operation.js";
import { type Covers, notHere, text } from "../api/params.js";
import { idOf } from "../billing/price-amounts.js";
import type { World } from "../world.js";

const listParams = {
  ...paging,
  created: range,
  customer: text,
  customer_account: notHere,
} satisfies Covers<Stripe.PaymentIntentListParams>;

export const paymentIntentOperations = [
  operation({
    method: "GET",
    path: "/v1/payment_intents/:id",
    answers: "payment_intent",
    params: { client_secret: notHere, client_secret_params: notHere },
    run: (world, _params, id) => getPaymentIntent(world, id),
  }),
  operation({
    method: "GET",
    path: "/v1/payment_intents",
    answers: { list: "payment_intent" },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.payment_intent
        .newestFirst()
        .filter((intent) => params.created(intent.created))
        .filter((intent) => matches(params.customer, intent.customer && idOf(intent.customer)));
      return pageOf(found, params, "/v1/payment_intents");
    },
  }),
];

export function getPaymentIntent(world: World, id: string, param = "id"): Stripe.PaymentIntent {
  const intent = world.tables.payment_intent.find(id);
  if (!intent) throw noSuch("payment_intent", id, param);
  return intent;
}
