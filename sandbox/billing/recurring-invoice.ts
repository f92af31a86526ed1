import type Stripe from "stripe";
import { newId } from "../ids.js";
import type { World } from "../world.js";
import { type AppliedDiscount, appliedDiscounts } from "./applied-discounts.js";
import { changedLines } from "./draft-lines.js";
import { buildInvoice } from "./invoice.js";
import { planRenewal, type RenewalTerms } from "./plan-renewal.js";
import { currentPeriodEnd } from "./subscription.js";
import { memoryOf, type ShortPeriod } from "./subscription-memory.js";
import { asPreview } from "./upcoming-invoice.js";

/**
 * What each later period of a subscription costs: its next whole one, less what comes off more than once.
 *
 * Nothing of this period is on it: no prorations, no one-off items, no balance, and no coupon for one time.
 * https://docs.stripe.com/invoicing/preview#preview-the-recurring-charges-only
 */
export function buildRecurringInvoice(
  world: World,
  subscription: Stripe.Subscription,
  customer: Stripe.Customer,
  {
    countedFrom,
    discounts,
    shortPeriod = memoryOf(world, subscription.id).shortPeriod,
  }: Pick<RenewalTerms, "countedFrom"> & {
    /** Left out: those the subscription has by then. */
    discounts?: (at: number) => AppliedDiscount[];
    shortPeriod?: ShortPeriod | null;
  },
): Stripe.Invoice {
  const id = `upcoming_${newId.invoice()}`;
  const lasting = { ...subscription, discounts: lastingOf(appliedDiscounts(world, subscription.discounts)) };
  const next = planRenewal(
    world,
    lasting,
    { ...customer, balance: 0 },
    {
      id,
      pending: [],
      ...(countedFrom && { countedFrom }),
    },
  );
  const isShort = shortPeriod?.end === currentPeriodEnd(next.subscription);
  const { draft } = isShort ? planRenewal(world, next.subscription, next.draft.customer, { id, pending: [] }) : next;
  const off = discounts?.(draft.created) ?? draft.discounts;
  return asPreview(buildInvoice(world, { ...draft, discounts: off.filter(isLasting) }));
}

/** The same of a renewal's invoice: what on it comes again. */
export function recurringPartOf(world: World, renewal: Stripe.Invoice): Stripe.Invoice {
  const lines = renewal.lines.data.filter(({ parent }) => parent?.subscription_item_details?.proration === false);
  const discounts = lastingOf(appliedDiscounts(world, renewal.discounts));
  const invoice = changedLines(world, { ...renewal, discounts }, lines);
  const due = Math.max(0, invoice.total);
  return { ...invoice, amount_due: due, amount_remaining: due, starting_balance: 0 };
}

function lastingOf(discounts: AppliedDiscount[]): string[] {
  return discounts.filter(isLasting).map(({ id }) => id);
}

function isLasting({ coupon }: AppliedDiscount): boolean {
  return coupon.duration !== "once";
}
