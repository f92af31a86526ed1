import type Stripe from "stripe";
import { mergeMetadata } from "../api/metadata.js";
import { nowInSeconds, type World } from "../world.js";
import { applyRedemption } from "./discounts.js";
import { fullPrice } from "./line-drafts.js";
import { expirePendingUpdate } from "./pending-update.js";
import { intervalOf, isSameInterval } from "./periods.js";
import type { SubscriptionChange } from "./plan-update.js";
import { idOf, isMetered } from "./price-amounts.js";
import { buildItem, currentPeriodEnd, withPrice } from "./subscription.js";
import { announceUpdate, updateItems } from "./update-subscription.js";

type Phase = Stripe.SubscriptionSchedule.Phase;

export interface PhaseEntry {
  phase: Phase;
  /** What holds where the phase says nothing. */
  settings: Stripe.SubscriptionSchedule.DefaultSettings;
  /** The phase as it was, if it runs already and has been changed. */
  was: Phase | null;
  prorationBehavior: Phase["proration_behavior"];
}

/**
 * Makes of a subscription what a phase says: what it is for, its discount, its trial, its card and its words.
 *
 * A phase says all there is to say of items, discounts and trial. Where neither it nor the schedule names a card or a
 * description, the subscription keeps its own.
 */
export function enterPhase(world: World, before: Stripe.Subscription, entry: PhaseEntry): Stripe.Subscription {
  const { phase, settings } = entry;
  if (before.pending_update) expirePendingUpdate(world, before);
  const current = world.tables.subscription.find(before.id) ?? before;
  const described = world.tables.subscription.put({
    ...current,
    default_payment_method:
      phase.default_payment_method ?? settings.default_payment_method ?? current.default_payment_method,
    description: phase.description ?? settings.description ?? current.description,
    discounts: isSame(phase.discounts, entry.was?.discounts)
      ? current.discounts
      : discountsIn(world, phase, { customer: idOf(current.customer), subscription: current.id }),
    metadata: mergeMetadata(current.metadata, phase.metadata),
  });
  const change = changeTo(world, described, entry);
  updateItems(world, described, change, "allow_incomplete");
  return announceUpdate(world, before.id, before);
}

/** The discounts a phase brings. Whether they are good was asked when they were given. */
export function discountsIn(world: World, phase: Phase, of: { customer: string; subscription: string }): string[] {
  return phase.discounts.flatMap(({ coupon: own, discount, promotion_code }) => {
    if (discount !== null) return [idOf(discount)];
    const promotionCode =
      promotion_code === null ? null : (world.tables.promotion_code.find(idOf(promotion_code)) ?? null);
    const reference = promotionCode ? promotionCode.promotion.coupon : own;
    const coupon = reference === null ? undefined : world.tables.coupon.find(idOf(reference));
    return coupon
      ? [applyRedemption(world, { coupon, promotionCode }, { ...of, checkoutSession: null, invoice: null }).id]
      : [];
  });
}

function changeTo(world: World, subscription: Stripe.Subscription, entry: PhaseEntry): SubscriptionChange {
  const { phase, was } = entry;
  const items = isSame(phase.items, was?.items) ? subscription.items.data : itemsIn(world, subscription, phase);
  const [now, then] = [subscription.items.data[0], items[0]];
  const isOtherInterval = now && then && !isSameInterval(intervalOf(now.price), intervalOf(then.price));
  return {
    items,
    prorationBehavior: behaviorOf(entry.prorationBehavior),
    prorationDate: nowInSeconds(world),
    startsPeriodNow: isOtherInterval === true || (was === null && phase.billing_cycle_anchor === "phase_start"),
    trialEnd: isSame(phase.trial_end, was?.trial_end) ? null : trialEndIn(world, subscription, phase),
  };
}

/** Those of the same price go on, or the only one; others are new. */
function itemsIn(world: World, subscription: Stripe.Subscription, phase: Phase): Stripe.SubscriptionItem[] {
  const { currency, items } = subscription;
  const start = Math.min(...items.data.map((item) => item.current_period_start));
  return phase.items.flatMap(({ price: reference, quantity = 1, metadata }) => {
    const price = world.tables.price.find(idOf(reference));
    if (!price) return [];
    const only = phase.items.length === 1 && items.data.length === 1 ? items.data[0] : undefined;
    const kept = items.data.find((item) => item.price.id === price.id) ?? only;
    if (!kept) {
      const of = { subscription: subscription.id, currency, start, end: currentPeriodEnd(subscription) };
      return [buildItem({ price, quantity, metadata: mergeMetadata({}, metadata) }, of)];
    }
    const { quantity: _, ...priced } = withPrice(kept, fullPrice(world, price), currency);
    return [
      {
        ...priced,
        metadata: mergeMetadata(kept.metadata, metadata),
        ...(isMetered(price) ? {} : { quantity }),
      },
    ];
  });
}

/** A trial that the phase does not have is over with the phase before. */
function trialEndIn(
  world: World,
  { status, trial_end }: Stripe.Subscription,
  phase: Phase,
): SubscriptionChange["trialEnd"] {
  const now = nowInSeconds(world);
  if (phase.trial_end !== null && phase.trial_end > now) return phase.trial_end;
  return status === "trialing" && trial_end !== null && trial_end > now ? "now" : null;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function behaviorOf(given: string): SubscriptionChange["prorationBehavior"] {
  return given === "none" || given === "always_invoice" ? given : "create_prorations";
}
