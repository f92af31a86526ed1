import type Stripe from "stripe";
import { cardError } from "../api/errors.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { recordBalanceTransaction } from "./balance-transaction.js";
import { buildCharge } from "./charge.js";
import { asLegacyCard } from "./legacy-card.js";
import { buildPaymentIntent } from "./payment-intent.js";
import { cardBehind } from "./payment-method.js";

/** A charge without a payment intent; nobody can be asked, so 3-D Secure is not. Refuses with 402 if the bank does. */
export function chargeDirectly(
  world: World,
  method: Stripe.PaymentMethod,
  due: {
    amount: number;
    currency: string;
    customer: string | null;
    isHeld: boolean;
    more: Pick<Stripe.PaymentIntent, "description" | "metadata" | "receipt_email" | "shipping">;
  },
): Stripe.Charge {
  const { amount, currency, customer, more } = due;
  const { description } = more;
  const intent = { ...buildPaymentIntent(world, { amount, currency, customer, description }), ...more };
  const decline = cardBehind(method)?.decline ?? null;
  const built = buildCharge(world, { ...intent, capture_method: due.isHeld ? "manual" : "automatic" }, method, decline);
  const entry = built.captured
    ? recordBalanceTransaction(world, { type: "charge", amount, currency, source: built.id, description })
    : null;
  const charge = world.tables.charge.put({
    ...built,
    balance_transaction: entry?.id ?? null,
    payment_intent: null,
    source: asLegacyCard(method),
  });
  recordEvent(world, decline ? "charge.failed" : "charge.succeeded", charge);
  if (decline) throw cardError({ ...decline, charge: charge.id, param: "" });
  return charge;
}
