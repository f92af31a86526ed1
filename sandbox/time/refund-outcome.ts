import { idOf } from "../billing/price-amounts.js";
import { completeRefund, failRefund, laterOutcome } from "../billing/refund.js";
import { cause } from "./cause.js";

/** Stripe says "some time later". */
const secondsLater = 60;

/** Refunds to the cards of https://docs.stripe.com/testing#refunds arrive, or come back, a minute later. */
export const refundOutcome = cause("refund", {
  at: ({ charge: reference, created, status }, world) => {
    if (status === "pending") return created + secondsLater;
    const charge = reference === null ? undefined : world.tables.charge.find(idOf(reference));
    const comesBack = status === "succeeded" && charge && laterOutcome(world, charge) === "fails";
    return comesBack ? created + secondsLater : null;
  },
  run: (world, refund) => (refund.status === "pending" ? completeRefund(world, refund) : failRefund(world, refund)),
});
