import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation, retrieval } from "../api/operation.js";
import {
  bool,
  type Covers,
  hash,
  integer,
  metadata,
  notHere,
  oneOf,
  type Read,
  required,
  text,
} from "../api/params.js";
import { captureCharge } from "../billing/capture.js";
import { idOf } from "../billing/price-amounts.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { createCharge } from "./charge-creation.js";
import { getCustomer } from "./customers.js";
import { readShipping, shippingParam } from "./shipping.js";

export const createParams = {
  amount: required(integer()),
  application_fee: notHere,
  application_fee_amount: notHere,
  capture: bool,
  currency: required(text),
  customer: text,
  description: text,
  destination: notHere,
  metadata,
  on_behalf_of: notHere,
  radar_options: notHere,
  receipt_email: text,
  shipping: shippingParam,
  source: text,
  statement_descriptor: notHere,
  statement_descriptor_suffix: notHere,
  transfer_data: notHere,
  transfer_group: notHere,
} satisfies Covers<Stripe.ChargeCreateParams>;

const updateParams = {
  customer: text,
  description: text,
  fraud_details: hash({ user_report: oneOf("fraudulent", "safe") }),
  metadata,
  receipt_email: text,
  shipping: shippingParam,
  transfer_group: notHere,
} satisfies Covers<Stripe.ChargeUpdateParams>;

const captureParams = {
  amount: integer({ min: 1 }),
  application_fee: notHere,
  application_fee_amount: notHere,
  receipt_email: notHere,
  statement_descriptor: notHere,
  statement_descriptor_suffix: notHere,
  transfer_data: notHere,
  transfer_group: notHere,
} satisfies Covers<Stripe.ChargeCaptureParams>;

const listParams = {
  ...paging,
  created: range,
  customer: text,
  payment_intent: text,
  transfer_group: notHere,
} satisfies Covers<Stripe.ChargeListParams>;

const path = "/v1/charges";
const answers = "charge";

export const chargeOperations = [
  operation({ method: "POST", path, answers, params: createParams, run: createCharge }),
  retrieval(`${path}/:id`, answers, getCharge),
  operation({ method: "POST", path: `${path}/:id`, answers, params: updateParams, run: updateCharge }),
  operation({
    method: "POST",
    path: `${path}/:id/capture`,
    answers,
    params: captureParams,
    run: (world, params, id) => {
      const charge = getCharge(world, id);
      if (charge.captured) {
        throw invalidRequest(`Charge ${id} has already been captured.`, { code: "charge_already_captured" });
      }
      if (charge.payment_intent !== null) {
        throw invalidRequest("This charge was made by a PaymentIntent, which is what has to be captured.");
      }
      const amount = params.amount ?? charge.amount;
      if (amount <= charge.amount) return captureCharge(world, charge, amount);
      throw invalidRequest("You cannot capture more than the charge holds.", { param: "amount" });
    },
  }),
  operation({
    method: "GET",
    path,
    answers: { list: answers },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.charge
        .newestFirst()
        .filter((charge) => params.created(charge.created))
        .filter((charge) => matches(params.customer, charge.customer && idOf(charge.customer)))
        .filter((charge) => matches(params.payment_intent, charge.payment_intent && idOf(charge.payment_intent)));
      return pageOf(found, params, path);
    },
  }),
];

export function getCharge(world: World, id: string, param = "id"): Stripe.Charge {
  const charge = world.tables.charge.find(id);
  if (!charge) throw noSuch("charge", id, param);
  return charge;
}

function updateCharge(world: World, params: Read<typeof updateParams>, id: string): Stripe.Charge {
  const before = getCharge(world, id);
  const customer = params.customer === undefined ? before.customer : getCustomer(world, params.customer, "customer").id;
  const report = params.fraud_details?.user_report;
  const after = world.tables.charge.put({
    ...before,
    customer,
    description: params.description ?? before.description,
    fraud_details: report === undefined ? before.fraud_details : { user_report: report },
    metadata: mergeMetadata(before.metadata, params.metadata),
    receipt_email: params.receipt_email ?? before.receipt_email,
    shipping: params.shipping === undefined ? before.shipping : readShipping(params.shipping),
  });
  recordEvent(world, "charge.updated", after, before);
  return after;
}
