import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { buildCharge } from "./charge.js";
import type { Decline } from "./declines.js";
import { failed, requiresAction, succeeded } from "./payment-intent.js";
import { cardBehind } from "./payment-method.js";
import { idOf } from "./price-amounts.js";

/** How an attempt to charge a card came out. */
export type PaymentOutcome =
  | { kind: "succeeded"; intent: Stripe.PaymentIntent; charge: Stripe.Charge }
  | { kind: "declined"; intent: Stripe.PaymentIntent; charge: Stripe.Charge; decline: Decline }
  | { kind: "requires_action"; intent: Stripe.PaymentIntent };

/** Who is there to answer the bank: nobody, the customer, or the customer who has already answered. */
export type Presence = "off_session" | "on_session" | "authenticated";

/** Charges a card; the charge is on record and announced, the intent is stored and left to the caller to announce. */
export function tryPayment(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  presence: Presence,
): PaymentOutcome {
  if (needsAuthentication(world, method, presence)) {
    return { kind: "requires_action", intent: world.tables.payment_intent.put(requiresAction(intent, method)) };
  }
  const decline = cardBehind(method)?.decline ?? null;
  const charge = world.tables.charge.put(buildCharge(world, intent, method, decline));
  if (decline) {
    recordEvent(world, "charge.failed", charge);
    return {
      kind: "declined",
      intent: world.tables.payment_intent.put(failed(intent, method, decline, charge)),
      charge,
      decline,
    };
  }
  recordEvent(world, "charge.succeeded", charge);
  return { kind: "succeeded", intent: world.tables.payment_intent.put(succeeded(intent, method, charge)), charge };
}

/** Whether the bank asks the customer before it pays. */
export function needsAuthentication(world: World, method: Stripe.PaymentMethod, presence: Presence): boolean {
  if (presence === "authenticated") return false;
  const authentication = cardBehind(method)?.authentication ?? "never";
  if (authentication === "on_session") return presence === "on_session";
  if (authentication === "unless_set_up") return presence === "on_session" || !hasPaidBefore(world, method);
  return authentication === "always";
}

/** A first payment with the customer present sets the card up for the later ones without. */
function hasPaidBefore(world: World, method: Stripe.PaymentMethod): boolean {
  return world.tables.payment_intent
    .newestFirst()
    .some(
      ({ status, payment_method }) =>
        status === "succeeded" && payment_method !== null && idOf(payment_method) === method.id,
    );
}
