import type Stripe from "stripe";
import { cardError, invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging } from "../api/lists.js";
import { operation } from "../api/operation.js";
import { type Covers, notHere, required, text } from "../api/params.js";
import { buildCard, cardBehind } from "../billing/payment-method.js";
import { idOf } from "../billing/price-amounts.js";
import { findCardByToken } from "../billing/test-cards.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { getCustomer } from "./customers.js";

const listParams = {
  ...paging,
  allow_redisplay: notHere,
  customer: text,
  customer_account: notHere,
  type: text,
} satisfies Covers<Stripe.PaymentMethodListParams>;

const attachParams = {
  customer: required(text),
  customer_account: notHere,
} satisfies Covers<Stripe.PaymentMethodAttachParams>;

export const paymentMethodOperations = [
  operation({
    method: "GET",
    path: "/v1/payment_methods",
    answers: { list: "payment_method" },
    params: listParams,
    run: (world, params) => listOf(world, params.customer, params, "/v1/payment_methods"),
  }),
  operation({
    method: "GET",
    path: "/v1/customers/:id/payment_methods",
    answers: { list: "payment_method" },
    params: {
      ...paging,
      allow_redisplay: notHere,
      type: text,
    } satisfies Covers<Stripe.CustomerListPaymentMethodsParams>,
    run: (world, params, id) => listOf(world, getCustomer(world, id).id, params, `/v1/customers/${id}/payment_methods`),
  }),
  operation({
    method: "GET",
    path: "/v1/payment_methods/:id",
    answers: "payment_method",
    params: {},
    run: (world, _params, id) => getPaymentMethod(world, id),
  }),
  operation({
    method: "POST",
    path: "/v1/payment_methods/:id/attach",
    answers: "payment_method",
    params: attachParams,
    run: (world, params, id) => attachPaymentMethod(world, id, getCustomer(world, params.customer, "customer").id),
  }),
  operation({
    method: "POST",
    path: "/v1/payment_methods/:id/detach",
    answers: "payment_method",
    params: {},
    run: (world, _params, id) => {
      const method = getPaymentMethod(world, id);
      if (method.customer === null) {
        throw invalidRequest(
          "The payment method you provided is not attached to a customer so detachment is impossible.",
          { param: "payment_method" },
        );
      }
      const detached = world.tables.payment_method.put({ ...method, customer: null });
      recordEvent(world, "payment_method.detached", detached, method);
      return detached;
    },
  }),
];

/** Finds a payment method; a `pm_card_…` name makes a new one of that test card. */
export function getPaymentMethod(world: World, id: string, param = "id"): Stripe.PaymentMethod {
  const kept = world.tables.payment_method.find(id);
  if (kept) return kept;
  const card = findCardByToken(id);
  if (!card) throw noSuch("PaymentMethod", id, param);
  return world.tables.payment_method.put(buildCard(world, card));
}

/** Saves a card to a customer; the bank may refuse already here. */
export function attachPaymentMethod(world: World, id: string, customer: string): Stripe.PaymentMethod {
  const method = getPaymentMethod(world, id, "payment_method");
  const card = cardBehind(method);
  if (card?.decline && !card.attaches) throw cardError({ ...card.decline, param: "" });
  if (method.customer !== null && idOf(method.customer) !== customer) {
    throw invalidRequest("The payment method you provided has already been attached to a customer.", {
      param: "payment_method",
    });
  }
  const attached = world.tables.payment_method.put({ ...method, customer });
  recordEvent(world, "payment_method.attached", attached);
  return attached;
}

function listOf(
  world: World,
  customer: string | undefined,
  params: {
    limit: number | undefined;
    starting_after: string | undefined;
    ending_before: string | undefined;
    type: string | undefined;
  },
  url: string,
): Stripe.ApiList<Stripe.PaymentMethod> {
  const found = world.tables.payment_method
    .newestFirst()
    // Without a customer Stripe lists nobody's cards, not everybody's.
    .filter((method) => method.customer !== null && customer !== undefined && idOf(method.customer) === customer)
    .filter((method) => matches(params.type, method.type));
  return pageOf(found, params, url);
}
