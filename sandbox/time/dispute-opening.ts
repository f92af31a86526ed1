import { disputeInStore, openDispute } from "../billing/open-dispute.js";
import { cause } from "./cause.js";

/** Stripe's test mode takes a few seconds. */
const secondsLater = 60;

/** Payments with the cards of https://docs.stripe.com/testing#disputes are disputed a minute later. */
export const disputeOpening = cause("charge", {
  at: (charge, world) => {
    const isTaken = charge.paid && charge.captured && !charge.disputed && !charge.refunded;
    return isTaken && disputeInStore(world, charge) ? charge.created + secondsLater : null;
  },
  run: (world, charge) => {
    const kind = disputeInStore(world, charge);
    if (kind) openDispute(world, charge, kind);
  },
});
