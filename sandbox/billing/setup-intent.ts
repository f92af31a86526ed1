import type Stripe from "stripe";
import { newId, randomText } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";
import { authenticationAt } from "./authentication.js";
import type { Decline, setupAuthenticationFailed } from "./declines.js";

/** A setup intent before any card was tried. */
export function buildSetupIntent(world: World, customer: string | null): Stripe.SetupIntent {
  const id = newId.setupIntent();
  return {
    id,
    object: "setup_intent",
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: { allow_redirects: "always", enabled: true },
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomText(31)}`,
    created: nowInSeconds(world),
    customer,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: { card: { mandate_options: null, network: null, request_three_d_secure: "automatic" } },
    payment_method_types: ["card"],
    single_use_mandate: null,
    status: "requires_payment_method",
    usage: "off_session",
  };
}

export function setUp(intent: Stripe.SetupIntent, attempt: Stripe.SetupAttempt): Stripe.SetupIntent {
  return {
    ...intent,
    last_setup_error: null,
    latest_attempt: attempt.id,
    next_action: null,
    payment_method: attempt.payment_method,
    status: "succeeded",
  };
}

/** The customer may try another card. */
export function setupFailed(
  intent: Stripe.SetupIntent,
  attempt: Stripe.SetupAttempt,
  method: Stripe.PaymentMethod,
  reason: Decline | typeof setupAuthenticationFailed,
): Stripe.SetupIntent {
  return {
    ...intent,
    last_setup_error: setupErrorOf(method, reason),
    latest_attempt: attempt.id,
    next_action: null,
    payment_method: null,
    status: "requires_payment_method",
  };
}

/** The bank wants to ask the customer first. */
export function setupRequiresAction(
  world: World,
  intent: Stripe.SetupIntent,
  attempt: Stripe.SetupAttempt,
  returnUrl: string | null,
): Stripe.SetupIntent {
  return {
    ...intent,
    last_setup_error: null,
    latest_attempt: attempt.id,
    next_action: authenticationAt(world, intent, returnUrl),
    payment_method: attempt.payment_method,
    status: "requires_action",
  };
}

/** What became of a card that was to be saved. */
export function buildSetupAttempt(
  world: World,
  intent: Stripe.SetupIntent,
  method: Stripe.PaymentMethod,
  status: "succeeded" | "requires_action" | "failed",
  reason: Decline | typeof setupAuthenticationFailed | null,
): Stripe.SetupAttempt {
  const card = method.card;
  return {
    id: newId.setupAttempt(),
    object: "setup_attempt",
    application: null,
    created: nowInSeconds(world),
    customer: intent.customer,
    customer_account: null,
    flow_directions: null,
    livemode: false,
    on_behalf_of: null,
    payment_method: method.id,
    payment_method_details: {
      type: "card",
      card: {
        brand: card?.brand ?? null,
        checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
        country: card?.country ?? null,
        exp_month: card?.exp_month ?? null,
        exp_year: card?.exp_year ?? null,
        fingerprint: card?.fingerprint ?? null,
        funding: card?.funding ?? null,
        last4: card?.last4 ?? null,
        network: card?.brand ?? null,
        three_d_secure: null,
        wallet: null,
      },
    },
    setup_error: reason && setupErrorOf(method, reason),
    setup_intent: intent.id,
    status,
    usage: intent.usage,
  };
}

function setupErrorOf(method: Stripe.PaymentMethod, reason: Decline | typeof setupAuthenticationFailed) {
  const type = "decline_code" in reason ? ("card_error" as const) : ("invalid_request_error" as const);
  const doc_url = `https://stripe.com/docs/error-codes/${reason.code.replaceAll("_", "-")}`;
  return { ...reason, doc_url, payment_method: method, type };
}
