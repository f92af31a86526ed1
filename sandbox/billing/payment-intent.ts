import type Stripe from "stripe";
import { newId, randomText } from "../ids.js";
import { nowInSeconds, type World } from "../world.js";
import { authenticationAt } from "./authentication.js";
import type { authenticationFailed, Decline } from "./declines.js";

/** A payment intent for an invoice, before any card was tried. */
export function buildPaymentIntent(
  world: World,
  due: { amount: number; currency: string; customer: string | null; description: string | null },
): Stripe.PaymentIntent {
  const id = newId.paymentIntent();
  return {
    id,
    object: "payment_intent",
    allowed_payment_method_types: null,
    amount: due.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: "automatic",
    client_secret: `${id}_secret_${randomText(25)}`,
    confirmation_method: "automatic",
    created: nowInSeconds(world),
    currency: due.currency,
    customer: due.customer,
    customer_account: null,
    description: due.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: "automatic" },
    },
    payment_method_types: ["card"],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: "off_session",
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "requires_payment_method",
    transfer_data: null,
    transfer_group: null,
  };
}

/** The payment says which invoice it is for, in the 25 characters there are for it; seen in recorded answers. */
export function forInvoice(intent: Stripe.PaymentIntent, invoice: string): Stripe.PaymentIntent {
  return { ...intent, payment_details: { customer_reference: null, order_reference: invoice.slice(0, 25) } };
}

/** The money is there; with `capture_method=manual` it is only held. */
export function succeeded(
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  charge: Stripe.Charge,
): Stripe.PaymentIntent {
  const isHeld = !charge.captured;
  return {
    ...intent,
    amount_capturable: isHeld ? intent.amount : 0,
    amount_received: isHeld ? 0 : intent.amount,
    last_payment_error: null,
    latest_charge: charge.id,
    next_action: null,
    payment_method: method.id,
    status: isHeld ? "requires_capture" : "succeeded",
  };
}

/** The customer may try another card: the intent waits for one. */
export function failed(
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  reason: Decline | typeof authenticationFailed,
  charge?: Stripe.Charge,
): Stripe.PaymentIntent {
  const doc_url = `https://stripe.com/docs/error-codes/${reason.code.replaceAll("_", "-")}`;
  const declined = charge ? { charge: charge.id } : {};
  const type = charge ? "card_error" : "invalid_request_error";
  return {
    ...intent,
    last_payment_error: { ...reason, ...declined, doc_url, payment_method: method, type },
    latest_charge: charge?.id ?? intent.latest_charge,
    next_action: null,
    payment_method: null,
    status: "requires_payment_method",
  };
}

/** The bank wants to ask the customer first: at its page, to which an address to come back to may be given. */
export function requiresAction(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  returnUrl: string | null = null,
): Stripe.PaymentIntent {
  return {
    ...intent,
    last_payment_error: null,
    next_action: authenticationAt(world, intent, returnUrl),
    payment_method: method.id,
    status: "requires_action",
  };
}
