import type Stripe from "stripe";
import { pendingUpdateOf } from "./plan-change.js";
import { type DiscountSnapshot, idOf, instantOf, type PendingChangeSnapshot } from "./snapshots.js";

/**
 * Since when a subscription that is past due has been unpaid: when the oldest invoice of the run that ends
 * with the newest one was first asked for. Null where no invoice is open.
 *
 * A subscription is past due for its newest finalized invoice; older ones that were left open before one
 * that was paid are none of it: https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses
 */
export function unpaidSince(invoices: readonly Stripe.Invoice[]): Date | null {
  // Neither a draft nor a withdrawn invoice was ever to be paid.
  const asked = invoices
    .filter(({ status }) => status !== "draft" && status !== "void")
    .toSorted((one, other) => other.created - one.created);
  const settled = asked.findIndex(({ status }) => status !== "open");
  const unpaid = settled === -1 ? asked : asked.slice(0, settled);
  const since = unpaid.map(firstAskedFor);
  return since.length > 0 ? new Date(Math.min(...since.map((instant) => instant.getTime()))) : null;
}

/** A card is charged when the invoice is finalized; an invoice that is sent is late once it is due. */
function firstAskedFor({ collection_method, due_date, status_transitions, created }: Stripe.Invoice): Date {
  const dueAt = collection_method === "send_invoice" ? instantOf(due_date) : null;
  return dueAt ?? instantOf(status_transitions.finalized_at) ?? instantOf(created);
}

/**
 * The change of plan that waits for its payment, or the next one that a subscription's schedule holds; null without
 * either. The schedule must be expanded.
 *
 * Each phase begins where the one before it ends: https://docs.stripe.com/billing/subscriptions/subscription-schedules
 */
export function pendingChangeOf(subscription: Stripe.Subscription): PendingChangeSnapshot | null {
  const { schedule, items, ended_at } = subscription;
  if (ended_at !== null) return null;
  const unpaid = pendingUpdateOf(subscription);
  if (unpaid) return unpaid;
  if (!schedule || typeof schedule === "string" || !schedule.current_phase) return null;
  const { end_date: end } = schedule.current_phase;
  const now = items.data[0];
  const coming = schedule.phases
    .filter((phase) => phase.start_date >= end)
    .toSorted((one, other) => one.start_date - other.start_date);
  for (const phase of coming) {
    const [item] = phase.items;
    const stripePriceId = idOf(item?.price);
    const quantity = item?.quantity ?? 1;
    if (stripePriceId && (stripePriceId !== now?.price.id || quantity !== (now.quantity ?? 1)))
      return { stripePriceId, quantity, currency: phase.currency, effectiveAt: instantOf(phase.start_date) };
  }
  return null;
}

/** The first of a subscription's discounts; null without one. Discounts, promotion codes and coupons must be expanded. */
export function discountOf({ discounts, currency }: Stripe.Subscription): DiscountSnapshot | null {
  for (const discount of discounts) {
    if (typeof discount === "string") continue;
    const { coupon } = discount.source;
    if (!coupon || typeof coupon === "string") continue;
    const { promotion_code: code } = discount;
    return {
      name: code && typeof code !== "string" ? code.code : (coupon.name ?? coupon.id),
      percentOff: coupon.percent_off,
      amountOff: amountOff(coupon, currency),
      currency,
      endsAt: instantOf(discount.end),
      ...(coupon.duration === "once" && { isOnce: true }),
    };
  }
  return null;
}

function amountOff(coupon: Stripe.Coupon, currency: string): number | null {
  if (coupon.currency === currency) return coupon.amount_off;
  return coupon.currency_options?.[currency]?.amount_off ?? null;
}
