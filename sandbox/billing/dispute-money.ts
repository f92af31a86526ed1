import type Stripe from "stripe";
import type { World } from "../world.js";
import { recordBalanceTransaction } from "./balance-transaction.js";
import { idOf } from "./price-amounts.js";

/** In the charge's currency, whichever that is: no more than a plausible figure. */
const disputeFee = 1_500;

/** What a dispute takes from the account's balance, fee included, or brings back to it; gives the dispute with the entry. */
export function moveDisputedMoney(
  world: World,
  dispute: Stripe.Dispute,
  moved: "withdrawn" | "reinstated",
): Stripe.Dispute {
  const { id: source, currency } = dispute;
  const charge = idOf(dispute.charge);
  const change =
    moved === "withdrawn"
      ? ({ type: "dispute", amount: -dispute.amount, fee: disputeFee } as const)
      : ({ type: "dispute_reversal", amount: dispute.amount, fee: -disputeFee } as const);
  const description = `Chargeback ${moved === "withdrawn" ? "withdrawal" : "reversal"} for ${charge}`;
  const entry = recordBalanceTransaction(world, { ...change, currency, source, description });
  return { ...dispute, balance_transactions: [...dispute.balance_transactions, entry] };
}
