import type Stripe from "stripe";
import { idOf } from "../billing/price-amounts.js";
import { completeRefund, failRefund, laterOutcome } from "../billing/refund.js";
import type { World } from "../world.js";
import type { Due } from "./due.js";

/** Stripe says "some time later". */
const secondsLater = 60;

/** Refunds to the cards of https://docs.stripe.com/testing#refunds arrive, or come back, a minute later. */
export function refundOutcomes(world: World): Due[] {
  return world.tables.refund.newestFirst().flatMap((refund) => {
    const run = outcomeOf(world, refund);
    return run ? [{ at: refund.created + secondsLater, run }] : [];
  });
}

function outcomeOf(world: World, refund: Stripe.Refund): (() => void) | null {
  if (refund.status === "pending") return () => completeRefund(world, refund);
  const charge = refund.charge === null ? undefined : world.tables.charge.find(idOf(refund.charge));
  const comesBack = refund.status === "succeeded" && charge && laterOutcome(world, charge) === "fails";
  return comesBack ? () => failRefund(world, refund) : null;
}
