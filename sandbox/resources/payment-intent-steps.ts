import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { readCurrency, refuseUnchargeable } from "../billing/chargeable.js";
import { confirmPayment } from "../billing/confirm-payment.js";
import { invoicePaymentOf } from "../billing/invoice-payment-of.js";
import { buildPaymentIntent } from "../billing/payment-intent.js";
import { idOf } from "../billing/price-amounts.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { getCustomer } from "./customers.js";
import type { confirmParams, createParams, updateParams } from "./payment-intent-params.js";
import { unexpectedState } from "./payment-intent-states.js";
import { refuseWithoutReturn } from "./return-url.js";
import { readShipping } from "./shipping.js";
import { chosenMethod, usableMethod } from "./usable-method.js";

type Changes = Pick<
  Read<typeof updateParams>,
  "capture_method" | "payment_method" | "payment_method_data" | "receipt_email" | "setup_future_usage" | "shipping"
>;

export function createPaymentIntent(world: World, params: Read<typeof createParams>): Stripe.PaymentIntent {
  const currency = readCurrency(params.currency);
  refuseUnchargeable(params.amount, currency);
  const customer = params.customer === undefined ? null : getCustomer(world, params.customer, "customer").id;
  const { amount } = params;
  const built = buildPaymentIntent(world, { amount, currency, customer, description: params.description ?? null });
  const intent: Stripe.PaymentIntent = {
    ...built,
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    automatic_payment_methods: automaticMethods(params),
    capture_method: "automatic_async",
    metadata: mergeMetadata({}, params.metadata),
    setup_future_usage: null,
    statement_descriptor: params.statement_descriptor ?? null,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? null,
  };
  const created = applyChanges(world, intent, params);
  if (params.confirm) refuseWithoutReturn(created, params);
  recordEvent(world, "payment_intent.created", world.tables.payment_intent.put(created));
  return params.confirm ? confirmWith(world, created, params) : created;
}

/** While nothing is paid, all may change; afterwards only what describes it. */
export function updatePaymentIntent(
  world: World,
  params: Read<typeof updateParams>,
  before: Stripe.PaymentIntent,
): Stripe.PaymentIntent {
  refuseMoneyChanges(world, params, before);
  const amount = params.amount ?? before.amount;
  const currency = params.currency === undefined ? before.currency : readCurrency(params.currency);
  if (params.amount !== undefined || params.currency !== undefined) refuseUnchargeable(amount, currency);
  const customer = params.customer === undefined ? before.customer : getCustomer(world, params.customer, "customer").id;
  const changed = {
    ...before,
    amount,
    currency,
    customer,
    description: params.description ?? before.description,
    metadata: mergeMetadata(before.metadata, params.metadata),
    statement_descriptor: params.statement_descriptor ?? before.statement_descriptor,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? before.statement_descriptor_suffix,
  };
  return world.tables.payment_intent.put(applyChanges(world, changed, params));
}

export function confirmPaymentIntent(
  world: World,
  params: Read<typeof confirmParams>,
  intent: Stripe.PaymentIntent,
): Stripe.PaymentIntent {
  if (intent.status === "succeeded") {
    const message =
      "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.";
    throw unexpectedState(message, intent);
  }
  if (!["requires_payment_method", "requires_confirmation", "requires_action"].includes(intent.status)) {
    const message =
      `You cannot confirm this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one ` +
      "of the following statuses may be confirmed: requires_confirmation, requires_action.";
    throw unexpectedState(message, intent);
  }
  const changed = applyChanges(world, intent, params);
  refuseWithoutReturn(changed, params);
  return confirmWith(world, changed, params);
}

type Confirming = Pick<
  Read<typeof confirmParams>,
  "off_session" | "error_on_requires_action" | "return_url" | "use_stripe_sdk" | "payment_method_types"
>;

function confirmWith(world: World, intent: Stripe.PaymentIntent, params: Confirming): Stripe.PaymentIntent {
  if (intent.payment_method === null) {
    const message =
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the " +
      "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment " +
      "method or ConfirmationToken.";
    throw unexpectedState(message, intent);
  }
  return confirmPayment(world, intent, {
    method: usableMethod(world, idOf(intent.payment_method), intent),
    presence: params.off_session ? "off_session" : "on_session",
    onQuestion: params.off_session || params.error_on_requires_action ? "decline" : "ask",
    returnUrl: params.use_stripe_sdk ? null : (params.return_url ?? null),
  });
}

function applyChanges(world: World, intent: Stripe.PaymentIntent, params: Changes): Stripe.PaymentIntent {
  const method = chosenMethod(world, params, intent);
  return {
    ...intent,
    ...(method ? { payment_method: method.id, status: "requires_confirmation", next_action: null } : {}),
    capture_method: params.capture_method ?? intent.capture_method,
    receipt_email: params.receipt_email === undefined ? intent.receipt_email : params.receipt_email,
    setup_future_usage: params.setup_future_usage === undefined ? intent.setup_future_usage : params.setup_future_usage,
    shipping: params.shipping === undefined ? intent.shipping : params.shipping && readShipping(params.shipping),
  };
}

function automaticMethods(params: Read<typeof createParams>): Stripe.PaymentIntent.AutomaticPaymentMethods | null {
  const { automatic_payment_methods: given } = params;
  if (params.payment_method_types !== undefined || given?.enabled === false) return null;
  return { allow_redirects: given?.allow_redirects ?? "always", enabled: true };
}

function refuseMoneyChanges(world: World, params: Read<typeof updateParams>, intent: Stripe.PaymentIntent): void {
  const money = ["amount", "currency", "customer", "payment_method", "payment_method_data", "capture_method"] as const;
  const changed = money.find((name) => params[name] !== undefined);
  if (changed === undefined) return;
  const open = ["requires_payment_method", "requires_confirmation", "requires_action"];
  if (!open.includes(intent.status)) {
    const message =
      `This PaymentIntent's ${changed} could not be updated because it has a status of ${intent.status}. You may only ` +
      `update the ${changed} of a PaymentIntent with one of the following statuses: ${open.join(", ")}.`;
    throw unexpectedState(message, intent);
  }
  const isMoney = changed === "amount" || changed === "currency" || changed === "customer";
  if (!isMoney || !invoicePaymentOf(world, intent.id)) return;
  throw invalidRequest(`The ${changed} of a PaymentIntent that an invoice made follows the invoice.`, {
    param: changed,
  });
}
