import { type RefusedOutcome, refuse } from "../../errors.js";
import type { SeatRange } from "../catalog/catalog.js";

/** Stripe Checkout takes no more of one thing: https://docs.stripe.com/api/checkout/sessions/create */
const mostAtStripe = 999_999;

/** Refuses a quantity that a tier is not sold in, and says which it is sold in. */
export function refusedSeats({ min, max }: SeatRange, quantity: number): RefusedOutcome | undefined {
  const path = ["input", "quantity"];
  if (quantity < 1) return refuse("INVALID_INPUT", "The quantity is at least 1.", { path });
  const most = max ?? mostAtStripe;
  if (quantity >= min && quantity <= most) return undefined;
  return refuse("SEATS_NOT_AVAILABLE", seatsSentence({ min, max: most }), { path });
}

function seatsSentence({ min, max }: { min: number; max: number }): string {
  if (max === 1) return "This tier is sold by the account, not by the seat.";
  if (min === max) return `This tier is sold in exactly ${min} seats.`;
  return `This tier is sold in ${min} to ${max} seats.`;
}
