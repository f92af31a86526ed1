import type Stripe from "stripe";
import { addDays } from "../calendar.js";
import { newId } from "../ids.js";
import { percentOf } from "../money.js";
import { nowInSeconds, type World } from "../world.js";

const secondsPerDay = 86_400;
const daysToPayout = 7;
const cardFee = { percent: 2.9, fixed: 30 };

/** What a captured charge, a refund or a refund that came back does to the account's balance; it is kept. */
export function recordBalanceTransaction(
  world: World,
  entry: {
    type: "charge" | "refund" | "refund_failure";
    amount: number;
    currency: string;
    source: string;
    description: string | null;
  },
): Stripe.BalanceTransaction {
  const { type, amount, currency, source, description } = entry;
  const created = nowInSeconds(world);
  const fee = type === "charge" ? feeOf(amount) : 0;
  return world.tables.balance_transaction.put({
    id: newId.balanceTransaction(),
    object: "balance_transaction",
    amount,
    available_on: addDays(created - (created % secondsPerDay), daysToPayout),
    balance_type: "payments",
    created,
    currency,
    description,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [{ amount: fee, application: null, currency, description: "Stripe processing fees", type: "stripe_fee" }],
    net: amount - fee,
    reporting_category: type,
    source,
    status: type === "charge" ? "pending" : "available",
    type,
  });
}

/** The fee of US cards, in whatever currency: no more than a plausible figure. */
function feeOf(amount: number): number {
  return Math.min(amount, percentOf(amount, cardFee.percent) + cardFee.fixed);
}
