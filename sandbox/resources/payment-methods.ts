import type Stripe from "stripe";
import { cardError, invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation, retrieval } from "../api/operation.js";
import { type Covers, hash, integer, metadata, noneHere, notHere, type Read, required, text } from "../api/params.js";
import { buildCard, cardBehind } from "../billing/payment-method.js";
import { idOf } from "../billing/price-amounts.js";
import { saveCard } from "../billing/save-card.js";
import { refuseSpent } from "../billing/spent-method.js";
import { findCardByToken } from "../billing/test-cards.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { getCustomer } from "./customers.js";
import { cardDataFields, createCard, mergeBillingDetails } from "./payment-method-data.js";

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

const createParams = {
  ...cardDataFields,
  ...noneHere(
    "acss_debit",
    "affirm",
    "afterpay_clearpay",
    "alipay",
    "alma",
    "amazon_pay",
    "au_becs_debit",
    "bacs_debit",
    "bancontact",
    "billie",
    "bizum",
    "blik",
    "boleto",
    "cashapp",
    "crypto",
    "custom",
    "customer_balance",
    "eps",
    "fpx",
    "giropay",
    "grabpay",
    "ideal",
    "interac_present",
    "kakao_pay",
    "klarna",
    "konbini",
    "kr_card",
    "link",
    "mb_way",
    "mobilepay",
    "multibanco",
    "naver_pay",
    "nz_bank_account",
    "oxxo",
    "p24",
    "pay_by_bank",
    "payco",
    "paynow",
    "paypal",
    "paypay",
    "payto",
    "pix",
    "promptpay",
    "revolut_pay",
    "samsung_pay",
    "satispay",
    "scalapay",
    "sepa_debit",
    "sequra",
    "sofort",
    "sunbit",
    "swish",
    "twint",
    "upi",
    "us_bank_account",
    "wechat_pay",
    "zip",
  ),
  customer: notHere,
  payment_method: notHere,
} satisfies Covers<Stripe.PaymentMethodCreateParams>;

const updateParams = {
  allow_redisplay: cardDataFields.allow_redisplay,
  billing_details: cardDataFields.billing_details,
  card: hash({ exp_month: integer({ min: 1, max: 12 }), exp_year: integer({ min: 2000 }), networks: notHere }),
  metadata,
  us_bank_account: notHere,
} satisfies Covers<Stripe.PaymentMethodUpdateParams>;

export const paymentMethodOperations = [
  operation({
    method: "POST",
    path: "/v1/payment_methods",
    answers: "payment_method",
    params: createParams,
    run: createCard,
  }),
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
  retrieval("/v1/payment_methods/:id", "payment_method", getPaymentMethod),
  operation({
    method: "POST",
    path: "/v1/payment_methods/:id",
    answers: "payment_method",
    params: updateParams,
    run: updatePaymentMethod,
  }),
  operation({
    method: "POST",
    path: "/v1/payment_methods/:id/attach",
    answers: "payment_method",
    params: attachParams,
    run: (world, params, id) => {
      // The address names it, and yet Stripe was seen to answer with the parameter's name.
      const isThere = world.tables.payment_method.find(id) ?? findCardByToken(id);
      if (!isThere) throw noSuch("PaymentMethod", id, "payment_method", 404);
      return attachPaymentMethod(world, id, getCustomer(world, params.customer, "customer").id);
    },
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
      return detachPaymentMethod(world, method, method.customer);
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
  const known = world.tables.payment_method.find(id);
  if (known?.customer === null) refuseSpent(world, known);
  const method = known ?? getPaymentMethod(world, id, "payment_method");
  const card = cardBehind(method);
  if (card?.decline && !card.attaches) throw cardError({ ...card.decline, param: "" });
  if (method.customer !== null && idOf(method.customer) !== customer) {
    throw invalidRequest("The payment method you provided has already been attached to a customer.", {
      param: "payment_method",
    });
  }
  return saveCard(world, method, customer);
}

/** Takes a card away from its customer for good, also as what they pay invoices with. */
function detachPaymentMethod(
  world: World,
  method: Stripe.PaymentMethod,
  owner: NonNullable<Stripe.PaymentMethod["customer"]>,
): Stripe.PaymentMethod {
  const detached = world.tables.payment_method.put({ ...method, customer: null });
  recordEvent(world, "payment_method.detached", detached, method);
  const customer = world.tables.customer.find(idOf(owner));
  const preferred = customer?.invoice_settings.default_payment_method;
  if (customer && preferred && idOf(preferred) === method.id) {
    const invoice_settings = { ...customer.invoice_settings, default_payment_method: null };
    recordEvent(world, "customer.updated", world.tables.customer.put({ ...customer, invoice_settings }), customer);
  }
  return detached;
}

function updatePaymentMethod(world: World, params: Read<typeof updateParams>, id: string): Stripe.PaymentMethod {
  const before = getPaymentMethod(world, id);
  if (before.customer === null) {
    throw invalidRequest("You must save this PaymentMethod to a customer before you can update it.", {
      param: "payment_method",
    });
  }
  const { exp_month, exp_year } = params.card ?? {};
  const card = before.card && {
    ...before.card,
    exp_month: exp_month ?? before.card.exp_month,
    exp_year: exp_year ?? before.card.exp_year,
  };
  const after = world.tables.payment_method.put({
    ...before,
    ...(card ? { card } : {}),
    allow_redisplay: params.allow_redisplay ?? before.allow_redisplay ?? "unspecified",
    billing_details: mergeBillingDetails(before.billing_details, params.billing_details),
    metadata: mergeMetadata(before.metadata, params.metadata),
  });
  recordEvent(world, "payment_method.updated", after, before);
  return after;
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
