import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { recordBalanceTransaction } from "./balance-transaction.js";

/** Takes what a charge holds; what is not taken counts as given back. */
export function captureCharge(world: World, charge: Stripe.Charge, amount: number): Stripe.Charge {
  const { id: source, currency, description } = charge;
  const entry = recordBalanceTransaction(world, { type: "charge", amount, currency, source, description });
  const captured = world.tables.charge.put({
    ...charge,
    amount_captured: amount,
    amount_refunded: charge.amount - amount,
    balance_transaction: entry.id,
    captured: true,
  });
  recordEvent(world, "charge.captured", captured);
  return captured;
}

/** Lets go of what a charge holds. */
export function releaseCharge(world: World, charge: Stripe.Charge): Stripe.Charge {
  const released = world.tables.charge.put({ ...charge, amount_refunded: charge.amount, refunded: true });
  recordEvent(world, "charge.refunded", released);
  return released;
}
