import type Stripe from "stripe";
import { addDays } from "../calendar.js";
import { newId } from "../ids.js";
import { percentOf } from "../money.js";
import { nowInSeconds, type World } from "../world.js";

const secondsPerDay = 86_400;
const daysToPayout = 7;
const cardFee = { percent: 2.9, fixed: 30 };

/** What a captured charge, a refund, one that came back or a dispute does to the account's balance; it is kept. */
export function recordBalanceTransaction(
  world: World,
  entry: {
    /** As reports sort it; of a dispute, the entry itself is an `adjustment`. */
    type: "charge" | "refund" | "refund_failure" | "dispute" | "dispute_reversal";
    amount: number;
    /** Where it is not that of a charge, or nothing. */
    fee?: number;
    currency: string;
    source: string;
    description: string | null;
  },
): Stripe.BalanceTransaction {
  const { type, amount, currency, source, description } = entry;
  const isOfDispute = type === "dispute" || type === "dispute_reversal";
  const created = nowInSeconds(world);
  const fee = entry.fee ?? (type === "charge" ? feeOf(amount) : 0);
  const feeDescription = isOfDispute ? "Dispute fee" : "Stripe processing fees";
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
      fee === 0 ? [] : [{ amount: fee, application: null, currency, description: feeDescription, type: "stripe_fee" }],
    net: amount - fee,
    reporting_category: type,
    source,
    status: type === "charge" ? "pending" : "available",
    type: isOfDispute ? "adjustment" : type,
  });
}

/** The fee of US cards, in whatever currency: no more than a plausible figure. */
function feeOf(amount: number): number {
  return Math.min(amount, percentOf(amount, cardFee.percent) + cardFee.fixed);
}
