import type Stripe from "stripe";
import { cardError } from "../api/errors.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { type Decline, setupAuthenticationFailed } from "./declines.js";
import { cardBehind } from "./payment-method.js";
import { endPendingSetup } from "./pending-setup.js";
import { idOf } from "./price-amounts.js";
import { saveCard } from "./save-card.js";
import { buildSetupAttempt, setUp, setupFailed, setupRequiresAction } from "./setup-intent.js";
import { needsAuthentication, type Presence } from "./try-payment.js";

/** Readies a card for later payments; refuses with 402 if the bank does. */
export function confirmSetup(
  world: World,
  intent: Stripe.SetupIntent,
  method: Stripe.PaymentMethod,
  presence: Presence,
  returnUrl: string | null = null,
): Stripe.SetupIntent {
  if (needsAuthentication(world, method, presence)) {
    const attempt = world.tables.setup_attempt.put(buildSetupAttempt(world, intent, method, "requires_action", null));
    const asked = world.tables.setup_intent.put(setupRequiresAction(world, intent, attempt, returnUrl));
    recordEvent(world, "setup_intent.requires_action", asked);
    return asked;
  }
  const card = cardBehind(method);
  if (card?.decline && !card.attaches) {
    const failed = refuseSetup(world, intent, method, card.decline);
    throw cardError({ ...card.decline, setup_intent: failed, payment_method: method });
  }
  const attempt = world.tables.setup_attempt.put(buildSetupAttempt(world, intent, method, "succeeded", null));
  const ready = world.tables.setup_intent.put(setUp(intent, attempt));
  if (method.customer === null && intent.customer !== null) saveCard(world, method, idOf(intent.customer));
  recordEvent(world, "setup_intent.succeeded", ready);
  endPendingSetup(world, ready);
  return ready;
}

/** The bank, or the customer before it, said no. */
export function refuseSetup(
  world: World,
  intent: Stripe.SetupIntent,
  method: Stripe.PaymentMethod,
  reason: Decline | typeof setupAuthenticationFailed = setupAuthenticationFailed,
): Stripe.SetupIntent {
  const attempt = world.tables.setup_attempt.put(buildSetupAttempt(world, intent, method, "failed", reason));
  const failed = world.tables.setup_intent.put(setupFailed(intent, attempt, method, reason));
  recordEvent(world, "setup_intent.setup_failed", failed);
  return failed;
}
