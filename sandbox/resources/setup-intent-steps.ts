import type Stripe from "stripe";
import { invalidRequest, type StripeRefusal } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import type { Read } from "../api/params.js";
import { confirmSetup } from "../billing/confirm-setup.js";
import { idOf } from "../billing/price-amounts.js";
import { buildSetupIntent } from "../billing/setup-intent.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { getCustomer } from "./customers.js";
import { refuseWithoutReturn } from "./return-url.js";
import type { cancelParams, confirmParams, createParams, updateParams } from "./setup-intent-params.js";
import { chosenMethod, usableMethod } from "./usable-method.js";

type Confirming = Pick<Read<typeof confirmParams>, "return_url" | "use_stripe_sdk" | "payment_method_types">;
type Method = Pick<Read<typeof confirmParams>, "payment_method" | "payment_method_data">;

const open = ["requires_payment_method", "requires_confirmation", "requires_action"];

export function createSetupIntent(world: World, params: Read<typeof createParams>): Stripe.SetupIntent {
  const customer = params.customer === undefined ? null : getCustomer(world, params.customer, "customer").id;
  const built = buildSetupIntent(world, customer);
  const { automatic_payment_methods: automatic } = params;
  const isListed = params.payment_method_types !== undefined || automatic?.enabled === false;
  const created = withMethod(
    world,
    {
      ...built,
      allowed_payment_method_types: params.allowed_payment_method_types ?? null,
      automatic_payment_methods: isListed
        ? null
        : { allow_redirects: automatic?.allow_redirects ?? "always", enabled: true },
      description: params.description ?? null,
      metadata: mergeMetadata({}, params.metadata),
      usage: params.usage ?? "off_session",
    },
    params,
  );
  if (params.confirm) refuseWithoutReturn(created, params);
  recordEvent(world, "setup_intent.created", world.tables.setup_intent.put(created));
  return params.confirm ? confirmWith(world, created, params) : created;
}

export function updateSetupIntent(
  world: World,
  params: Read<typeof updateParams>,
  before: Stripe.SetupIntent,
): Stripe.SetupIntent {
  const isOver = !open.includes(before.status);
  const changesMethod = params.payment_method !== undefined || params.payment_method_data !== undefined;
  if (isOver && (changesMethod || params.customer !== undefined)) {
    throw unexpectedState(`This SetupIntent cannot be updated because it has a status of ${before.status}.`, before);
  }
  const customer = params.customer === undefined ? before.customer : getCustomer(world, params.customer, "customer").id;
  const changed = {
    ...before,
    customer,
    description: params.description ?? before.description,
    metadata: mergeMetadata(before.metadata, params.metadata),
  };
  return world.tables.setup_intent.put(withMethod(world, changed, params));
}

export function confirmSetupIntent(
  world: World,
  params: Read<typeof confirmParams>,
  intent: Stripe.SetupIntent,
): Stripe.SetupIntent {
  if (!open.includes(intent.status)) {
    const message =
      `You cannot confirm this SetupIntent because it has a status of ${intent.status}. Only a SetupIntent with one of ` +
      "the following statuses may be confirmed: requires_confirmation, requires_action.";
    throw unexpectedState(message, intent);
  }
  const changed = withMethod(world, intent, params);
  refuseWithoutReturn(changed, params);
  return confirmWith(world, changed, params);
}

export function cancelSetupIntent(
  world: World,
  params: Read<typeof cancelParams>,
  before: Stripe.SetupIntent,
): Stripe.SetupIntent {
  if (!open.includes(before.status)) {
    const message =
      `You cannot cancel this SetupIntent because it has a status of ${before.status}. Only a SetupIntent with one of ` +
      `the following statuses may be canceled: ${open.join(", ")}.`;
    throw unexpectedState(message, before);
  }
  const after = world.tables.setup_intent.put({
    ...before,
    cancellation_reason: params.cancellation_reason ?? null,
    next_action: null,
    status: "canceled",
  });
  recordEvent(world, "setup_intent.canceled", after);
  return after;
}

function confirmWith(world: World, intent: Stripe.SetupIntent, params: Confirming): Stripe.SetupIntent {
  if (intent.payment_method === null) {
    const message =
      "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a payment " +
      "method and then confirm it again.";
    throw unexpectedState(message, intent);
  }
  const method = usableMethod(world, idOf(intent.payment_method), intent);
  const returnUrl = params.use_stripe_sdk ? null : (params.return_url ?? null);
  return confirmSetup(world, intent, method, "on_session", returnUrl);
}

function withMethod(world: World, intent: Stripe.SetupIntent, params: Method): Stripe.SetupIntent {
  const method = chosenMethod(world, params, intent);
  if (!method) return intent;
  return { ...intent, next_action: null, payment_method: method.id, status: "requires_confirmation" };
}

function unexpectedState(message: string, intent: Stripe.SetupIntent): StripeRefusal {
  return invalidRequest(message, { code: "setup_intent_unexpected_state", setup_intent: intent });
}
