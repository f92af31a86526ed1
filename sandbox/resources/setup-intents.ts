import type Stripe from "stripe";
import { noSuch } from "../api/errors.js";
import { matches, pageOf } from "../api/lists.js";
import { operation } from "../api/operation.js";
import { notHere } from "../api/params.js";
import { idOf } from "../billing/price-amounts.js";
import type { World } from "../world.js";
import { cancelParams, confirmParams, createParams, listParams, updateParams } from "./setup-intent-params.js";
import { cancelSetupIntent, confirmSetupIntent, createSetupIntent, updateSetupIntent } from "./setup-intent-steps.js";

const path = "/v1/setup_intents";
const answers = "setup_intent";

export const setupIntentOperations = [
  operation({ method: "POST", path, answers, params: createParams, run: createSetupIntent }),
  operation({
    method: "GET",
    path: `${path}/:id`,
    answers,
    params: { client_secret: notHere },
    run: (world, _params, id) => getSetupIntent(world, id),
  }),
  operation({
    method: "POST",
    path: `${path}/:id`,
    answers,
    params: updateParams,
    run: (world, params, id) => updateSetupIntent(world, params, getSetupIntent(world, id)),
  }),
  operation({
    method: "POST",
    path: `${path}/:id/confirm`,
    answers,
    params: confirmParams,
    run: (world, params, id) => confirmSetupIntent(world, params, getSetupIntent(world, id)),
  }),
  operation({
    method: "POST",
    path: `${path}/:id/cancel`,
    answers,
    params: cancelParams,
    run: (world, params, id) => cancelSetupIntent(world, params, getSetupIntent(world, id)),
  }),
  operation({
    method: "GET",
    path,
    answers: { list: answers },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.setup_intent
        .newestFirst()
        .filter((intent) => params.created(intent.created))
        .filter((intent) => matches(params.customer, intent.customer && idOf(intent.customer)))
        .filter((intent) => matches(params.payment_method, intent.payment_method && idOf(intent.payment_method)));
      return pageOf(found, params, path);
    },
  }),
];

function getSetupIntent(world: World, id: string): Stripe.SetupIntent {
  const intent = world.tables.setup_intent.find(id);
  if (!intent) throw noSuch("setupintent", id);
  return intent;
}
