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
  payment_intent: text,
  transfer_group: notHere,
} satisfies Covers<Stripe.ChargeListParams>;

export const chargeOperations = [
  operation({
    method: "GET",
    path: "/v1/charges/:id",
    answers: "charge",
    params: {},
    run: (world, _params, id) => getCharge(world, id),
  }),
  operation({
    method: "GET",
    path: "/v1/charges",
    answers: { list: "charge" },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.charge
        .newestFirst()
        .filter((charge) => params.created(charge.created))
        .filter((charge) => matches(params.customer, charge.customer && idOf(charge.customer)))
        .filter((charge) => matches(params.payment_intent, charge.payment_intent && idOf(charge.payment_intent)));
      return pageOf(found, params, "/v1/charges");
    },
  }),
];

export function getCharge(world: World, id: string, param = "id"): Stripe.Charge {
  const charge = world.tables.charge.find(id);
  if (!charge) throw noSuch("charge", id, param);
  return charge;
}
