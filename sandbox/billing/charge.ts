import type Stripe from "stripe";
import { addDays } from "../calendar.js";
import { newId } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";
import type { Decline } from "./declines.js";

/** What Stripe sends with every charge and its SDK does not name. */
const undocumented = { destination: null, dispute: null, order: null };

const daysToCapture = 7;

/** A charge of a payment intent's amount: declined, captured at once, or held until it is captured by hand. */
export function buildCharge(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  decline: Decline | null,
): Stripe.Charge {
  const isHeld = intent.capture_method === "manual";
  return {
    ...undocumented,
    id: newId.charge(),
    object: "charge",
    amount: intent.amount,
    amount_captured: decline || isHeld ? 0 : intent.amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: "SANDBOX",
    captured: decline === null && !isHeld,
    created: nowInSeconds(world),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: outcomeOf(decline),
    paid: decline === null,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: { type: "card", card: chargedCard(world, intent, method, decline) },
    radar_options: {},
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: decline ? "failed" : "succeeded",
    transfer_data: null,
    transfer_group: null,
  };
}

function outcomeOf(decline: Decline | null): Stripe.Charge.Outcome {
  const isBlocked = decline?.decline_code === "fraudulent";
  const ordinary = { advice_code: null, network_advice_code: null, network_decline_code: null, risk_score: 20 };
  if (!decline) {
    const seller_message = "Payment complete.";
    return {
      ...ordinary,
      network_status: "approved_by_network",
      reason: null,
      risk_level: "normal",
      seller_message,
      type: "authorized",
    };
  }
  return {
    ...ordinary,
    network_status: isBlocked ? "not_sent_to_network" : "declined_by_network",
    reason: isBlocked ? "highest_risk_level" : decline.decline_code,
    risk_level: isBlocked ? "highest" : "normal",
    seller_message: isBlocked
      ? "Stripe blocked this payment as too risky."
      : "The bank did not return any further details with this decline.",
    type: isBlocked ? "blocked" : "issuer_declined",
  };
}

function chargedCard(
  world: World,
  { amount, capture_method }: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  decline: Decline | null,
): Stripe.Charge.PaymentMethodDetails.Card {
  const card = method.card;
  const isHeld = capture_method === "manual" && decline === null;
  return {
    ...(isHeld ? { capture_before: addDays(nowInSeconds(world), daysToCapture) } : {}),
    amount_authorized: decline ? null : amount,
    authorization_code: null,
    brand: card?.brand ?? null,
    checks: {
      address_line1_check: null,
      address_postal_code_check: null,
      cvc_check: decline?.code === "incorrect_cvc" ? "fail" : "pass",
    },
    country: card?.country ?? null,
    electronic_commerce_indicator: null,
    exp_month: card?.exp_month ?? 12,
    exp_year: card?.exp_year ?? 2030,
    extended_authorization: { status: "disabled" },
    fingerprint: card?.fingerprint ?? null,
    funding: card?.funding ?? null,
    incremental_authorization: { status: "unavailable" },
    installments: null,
    last4: card?.last4 ?? null,
    mandate: null,
    multicapture: { status: "unavailable" },
    network: card?.brand ?? null,
    network_token: { used: false },
    network_transaction_id: null,
    overcapture: { maximum_amount_capturable: amount, status: "unavailable" },
    regulated_status: "unregulated",
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  };
}
