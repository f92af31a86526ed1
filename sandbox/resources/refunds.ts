import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation, retrieval } from "../api/operation.js";
import { type Covers, integer, metadata, notHere, oneOf, type Read, text } from "../api/params.js";
import { idOf } from "../billing/price-amounts.js";
import { refundCharge } from "../billing/refund.js";
import { formatMoney } from "../money.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { getCharge } from "./charges.js";
import { getPaymentIntent } from "./payment-intents.js";

const createParams = {
  amount: integer({ min: 1 }),
  charge: text,
  currency: notHere,
  customer: notHere,
  instructions_email: notHere,
  metadata,
  origin: notHere,
  payment_intent: text,
  reason: oneOf("duplicate", "fraudulent", "requested_by_customer"),
  refund_application_fee: notHere,
  reverse_transfer: notHere,
} satisfies Covers<Stripe.RefundCreateParams>;

const listParams = {
  ...paging,
  charge: text,
  created: range,
  payment_intent: text,
} satisfies Covers<Stripe.RefundListParams>;

export const refundOperations = [
  operation({ method: "POST", path: "/v1/refunds", answers: "refund", params: createParams, run: createRefund }),
  retrieval("/v1/refunds/:id", "refund", getRefund),
  operation({
    method: "POST",
    path: "/v1/refunds/:id",
    answers: "refund",
    params: { metadata } satisfies Covers<Stripe.RefundUpdateParams>,
    run: (world, params, id) => {
      const before = getRefund(world, id);
      const after = world.tables.refund.put({
        ...before,
        metadata: mergeMetadata(before.metadata, params.metadata),
      });
      recordEvent(world, "refund.updated", after, before);
      recordEvent(world, "charge.refund.updated", after, before);
      return after;
    },
  }),
  operation({
    method: "POST",
    path: "/v1/refunds/:id/cancel",
    answers: "refund",
    params: {},
    run: (world, _params, id) => {
      const { status } = getRefund(world, id);
      throw invalidRequest(`Only refunds that require action can be canceled. This one has a status of ${status}.`);
    },
  }),
  operation({
    method: "GET",
    path: "/v1/refunds",
    answers: { list: "refund" },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.refund
        .newestFirst()
        .filter((refund) => params.created(refund.created))
        .filter((refund) => matches(params.charge, refund.charge && idOf(refund.charge)))
        .filter((refund) => matches(params.payment_intent, refund.payment_intent && idOf(refund.payment_intent)));
      return pageOf(found, params, "/v1/refunds");
    },
  }),
];

function getRefund(world: World, id: string): Stripe.Refund {
  const refund = world.tables.refund.find(id);
  if (!refund) throw noSuch("refund", id);
  return refund;
}

/** Gives back all that is left of a charge, or a part of it. */
function createRefund(world: World, params: Read<typeof createParams>): Stripe.Refund {
  const charge = chargeToRefund(world, params);
  const left = charge.amount - charge.amount_refunded;
  if (!charge.paid || !charge.captured) {
    throw invalidRequest("This charge has not been captured and cannot be refunded.", { param: "charge" });
  }
  if (charge.disputed && isChargedBack(world, charge)) {
    throw invalidRequest(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: "charge_disputed",
    });
  }
  if (left === 0) {
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, { code: "charge_already_refunded" });
  }
  const amount = params.amount ?? left;
  if (amount > left) {
    throw invalidRequest(
      `Refund amount (${formatMoney(amount, charge.currency)}) is greater than ` +
        `${charge.amount_refunded > 0 ? "unrefunded amount on charge" : "charge amount"} (${formatMoney(left, charge.currency)})`,
      { param: "amount" },
    );
  }

  return refundCharge(world, charge, {
    amount,
    reason: params.reason ?? null,
    metadata: mergeMetadata({}, params.metadata),
  });
}

function isChargedBack(world: World, { id }: Stripe.Charge): boolean {
  const disputes = world.tables.dispute.newestFirst();
  return disputes.some(({ charge, is_charge_refundable }) => idOf(charge) === id && !is_charge_refundable);
}

function chargeToRefund(world: World, params: Read<typeof createParams>): Stripe.Charge {
  if (params.charge !== undefined) return getCharge(world, params.charge, "charge");
  if (params.payment_intent === undefined) {
    throw invalidRequest("One of the following params should be provided for this request: payment_intent or charge.");
  }
  const intent = getPaymentIntent(world, params.payment_intent, "payment_intent");
  if (intent.latest_charge === null || intent.status !== "succeeded") {
    throw invalidRequest(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, {
      param: "payment_intent",
    });
  }
  return getCharge(world, idOf(intent.latest_charge));
}
