import type Stripe from "stripe";
import { cardError, invalidRequest, missingParameter } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import { clearable, hash, integer, metadata, notHere, oneOf, only, type Read, required, text } from "../api/params.js";
import { declines } from "../billing/declines.js";
import { buildCard, emptyAddress } from "../billing/payment-method.js";
import { findCardByNumber, findCardByToken, passesLuhn, type TestCard } from "../billing/test-cards.js";
import { nowInSeconds, type World } from "../world.js";
import { addressParam, readAddress } from "./addresses.js";

const cardParam = hash({
  cvc: text,
  exp_month: integer(),
  exp_year: integer(),
  networks: notHere,
  number: text,
  token: text,
});

const billingDetailsParam = hash({
  address: addressParam,
  email: clearable(text),
  name: clearable(text),
  phone: clearable(text),
  tax_id: notHere,
});

const allowRedisplay = oneOf("always", "limited", "unspecified");

export const cardDataFields = {
  allow_redisplay: allowRedisplay,
  billing_details: billingDetailsParam,
  card: cardParam,
  metadata,
  radar_options: notHere,
  type: required(only("card")),
};

/** `payment_method_data`: a card typed in, or a token of one. */
export const cardDataParam = hash(cardDataFields);

/** Keeps a new payment method of a test card, unattached. */
export function createCard(world: World, given: Read<typeof cardDataFields>): Stripe.PaymentMethod {
  const card = cardOf(given.card);
  const expiry = expiryOf(world, given.card);
  const built = buildCard(world, card, { name: null, email: null, ...expiry });
  return world.tables.payment_method.put({
    ...built,
    allow_redisplay: given.allow_redisplay ?? "unspecified",
    billing_details: mergeBillingDetails(built.billing_details, given.billing_details),
    metadata: mergeMetadata({}, given.metadata),
  });
}

export function mergeBillingDetails(
  before: Stripe.PaymentMethod.BillingDetails,
  given: ReturnType<typeof billingDetailsParam>,
): Stripe.PaymentMethod.BillingDetails {
  if (!given) return before;
  return {
    address: given.address === undefined ? before.address : (readAddress(given.address) ?? emptyAddress),
    email: given.email === undefined ? before.email : given.email,
    name: given.name === undefined ? before.name : given.name,
    phone: given.phone === undefined ? before.phone : given.phone,
    tax_id: before.tax_id,
  };
}

/** `tok_visa` is the token of the card that `pm_card_visa` names. */
export function cardOfToken(token: string): TestCard | undefined {
  return token.startsWith("tok_") ? findCardByToken(token.replace(/^tok_/, "pm_card_")) : undefined;
}

function cardOf(given: ReturnType<typeof cardParam>): TestCard {
  if (!given) throw missingParameter("card");
  if (given.token !== undefined) {
    const card = cardOfToken(given.token);
    if (card) return card;
    throw invalidRequest(`No such token: '${given.token}'`, { code: "resource_missing", param: "card[token]" });
  }
  if (given.number === undefined) throw missingParameter("card[number]");
  const number = given.number.replaceAll(/[\s-]/g, "");
  const card = findCardByNumber(number);
  if (card) return card;
  if (passesLuhn(number)) throw cardError({ ...declines.liveCard, param: "number" });
  throw cardError({ code: "incorrect_number", message: "Your card number is incorrect.", param: "number" });
}

function expiryOf(world: World, given: ReturnType<typeof cardParam>): { exp_month?: number; exp_year?: number } {
  if (given?.number === undefined) return {};
  const { exp_month, exp_year } = given;
  if (exp_month === undefined) throw missingParameter("card[exp_month]");
  if (exp_year === undefined) throw missingParameter("card[exp_year]");
  const year = exp_year < 100 ? 2000 + exp_year : exp_year;
  if (exp_month < 1 || exp_month > 12) {
    const message = "Your card's expiration month is invalid.";
    throw cardError({ code: "invalid_expiry_month", message, param: "exp_month" });
  }
  if (Date.UTC(year, exp_month) / 1000 <= nowInSeconds(world)) {
    throw cardError({
      code: "invalid_expiry_year",
      message: "Your card's expiration year is invalid.",
      param: "exp_year",
    });
  }
  return { exp_month, exp_year: year };
}
