import type Stripe from "stripe";
import type { World } from "../world.js";
import { type ChosenDiscount, forgetRedemptions } from "./choose-discounts.js";
import { countRedemption } from "./discounts.js";
import { idOf } from "./price-amounts.js";

/** What an update gives beside items; left out or null: nothing. */
export interface GivenTerms {
  cancel_at_period_end: boolean | undefined;
  metadata: Record<string, string> | null | undefined;
  discounts: { chosen: ChosenDiscount[]; applied: Stripe.Discount[] } | null;
}

/**
 * Keeps an update's discounts, metadata and end back along with its items, as if they had not been given.
 *
 * https://docs.stripe.com/changelog/dahlia/2026-05-27/pending-subscription-updates-discount-and-discounts-properties,
 * https://docs.stripe.com/changelog/dahlia/2026-05-27/pending-subscription-update-metadata and
 * https://docs.stripe.com/changelog/endive/2026-09-30/scheduled-subscription-cancellation
 */
export function holdTerms(world: World, before: Stripe.Subscription, given: GivenTerms): void {
  const held = world.tables.subscription.find(before.id);
  if (!held?.pending_update) return;
  const { chosen, applied } = given.discounts ?? { chosen: [], applied: [] };
  forgetRedemptions(world, chosen);
  const [only] = applied;
  world.tables.subscription.put({
    ...held,
    cancel_at: before.cancel_at,
    cancel_at_period_end: before.cancel_at_period_end,
    canceled_at: before.canceled_at,
    cancellation_details: before.cancellation_details,
    discounts: before.discounts,
    metadata: before.metadata,
    pending_update: {
      ...held.pending_update,
      cancel_at_period_end: given.cancel_at_period_end ?? null,
      discount: only && applied.length === 1 ? only : null,
      discounts: given.discounts && applied.map(({ id }) => id),
      metadata: metadataToMerge(before, given.metadata),
    },
  });
}

/** What is merged in later; to remove all is to empty every key there is. */
function metadataToMerge({ metadata }: Stripe.Subscription, given: GivenTerms["metadata"]): Stripe.Metadata | null {
  if (given === undefined) return null;
  return given ?? Object.fromEntries(Object.keys(metadata).map((key) => [key, ""]));
}

/** The discounts of an update that is made now: those that are new count as redeemed from here on. */
export function redeemHeld(
  world: World,
  before: Stripe.Subscription,
  held: Stripe.Subscription.PendingUpdate["discounts"],
): string[] {
  const had = before.discounts.map(idOf);
  if (!held) return had;
  const discounts = held.map(idOf);
  for (const id of discounts) {
    const discount = had.includes(id) ? undefined : world.tables.discount.find(id);
    if (discount?.subscription === before.id) countRedemption(world, discount);
  }
  return discounts;
}
