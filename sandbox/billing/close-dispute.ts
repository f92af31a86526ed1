import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { moveDisputedMoney } from "./dispute-money.js";

/** Whether nobody can do anything about it any more. */
export function isClosed({ status }: Stripe.Dispute): boolean {
  return ["won", "lost", "warning_closed", "prevented"].includes(status);
}

/** Whether it is a question of the bank's, which has taken no money. */
export function isInquiry({ status }: Stripe.Dispute): boolean {
  return status.startsWith("warning_");
}

/** It is decided, and the money comes back when it was won. An inquiry just ends. */
export function closeDispute(world: World, dispute: Stripe.Dispute, outcome: "won" | "lost"): Stripe.Dispute {
  if (isInquiry(dispute)) return close(world, { ...dispute, status: "warning_closed" });
  if (outcome === "lost") return close(world, { ...dispute, status: "lost" });
  const won = close(world, moveDisputedMoney(world, { ...dispute, status: "won" }, "reinstated"));
  recordEvent(world, "charge.dispute.funds_reinstated", won);
  return won;
}

function close(world: World, dispute: Stripe.Dispute): Stripe.Dispute {
  const closed = world.tables.dispute.put(dispute);
  recordEvent(world, "charge.dispute.closed", closed);
  return closed;
}
