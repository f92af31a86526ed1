import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { recordBalanceTransaction } from "./balance-transaction.js";
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
  returnUrl: string | null = null,
): PaymentOutcome {
  if (needsAuthentication(world, method, presence)) {
    return {
      kind: "requires_action",
      intent: world.tables.payment_intent.put(requiresAction(world, intent, method, returnUrl)),
    };
  }
  const decline = cardBehind(method)?.decline ?? null;
  if (decline) return declinePayment(world, intent, method, decline);
  const charge = world.tables.charge.put(settledCharge(world, buildCharge(world, intent, method, null)));
  recordEvent(world, "charge.succeeded", charge);
  return { kind: "succeeded", intent: world.tables.payment_intent.put(succeeded(intent, method, charge)), charge };
}

/** The bank says no; the charge is on record and announced. */
export function declinePayment(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  decline: Decline,
): Extract<PaymentOutcome, { kind: "declined" }> {
  const charge = world.tables.charge.put(buildCharge(world, intent, method, decline));
  recordEvent(world, "charge.failed", charge);
  const refused = world.tables.payment_intent.put(failed(intent, method, decline, charge));
  return { kind: "declined", intent: refused, charge, decline };
}

/** Captured money is on the account's balance. */
function settledCharge(world: World, charge: Stripe.Charge): Stripe.Charge {
  if (!charge.captured) return charge;
  const { id: source, amount, currency, description } = charge;
  const entry = recordBalanceTransaction(world, { type: "charge", amount, currency, source, description });
  return { ...charge, balance_transaction: entry.id };
}

/** Whether the bank asks the customer before it pays. */
export function needsAuthentication(world: World, method: Stripe.PaymentMethod, presence: Presence): boolean {
  if (presence === "authenticated") return false;
  const authentication = cardBehind(method)?.authentication ?? "never";
  if (authentication === "on_session") return presence === "on_session";
  if (authentication === "unless_set_up") return presence === "on_session" || !hasPaidBefore(world, method);
  return authentication === "always";
}

/** A payment with the customer present, or a set-up, readies the card for later payments without. */
function hasPaidBefore({ tables }: World, method: Stripe.PaymentMethod): boolean {
  return [...tables.setup_intent.newestFirst(), ...tables.payment_intent.newestFirst()].some(
    ({ status, payment_method }) =>
      status === "succeeded" && payment_method !== null && idOf(payment_method) === method.id,
  );
}
