import type Stripe from "stripe";
import { nowInSeconds, type World } from "../world.js";
import { fullPrice, type LineDraft, recurringLines } from "./line-drafts.js";
import { usedLines } from "./metered-lines.js";
import { intervalOf, isSameInterval, periodEndAfter, withPeriod } from "./periods.js";
import { unitAmount } from "./price-amounts.js";
import { creditItems, debitItem } from "./prorations.js";
import { currentPeriodEnd } from "./subscription.js";
import type { SubscriptionMemory } from "./subscription-memory.js";
import { countedFrom, usageLeftBehind } from "./usage-left-behind.js";

/** A change to what a subscription is for, or to when it is billed. */
export interface SubscriptionChange {
  /** All items as they are to be, in order. */
  items: Stripe.SubscriptionItem[];
  prorationBehavior: "always_invoice" | "create_prorations" | "none";
  /** The moment that unused and remaining time are counted from. */
  prorationDate: number;
  startsPeriodNow: boolean;
  /** null: no change. */
  trialEnd: "now" | number | null;
}

/** What a change makes of a subscription, and what it costs. */
export interface UpdatePlan {
  subscription: Stripe.Subscription;
  /** Credits for unused and charges for remaining time, and what was used of what is no longer used. */
  prorations: Stripe.InvoiceItem[];
  /** Where a period begins now: what was used in the one it cuts short, and the price of the new one. */
  recurring: LineDraft[];
  /** Items whose earlier charges are settled by this. */
  credited: string[];
  isInvoicedNow: boolean;
  /** Since when what is used of each metered item counts. */
  countedFrom: SubscriptionMemory["countedFrom"];
}

/** Works a change out without making it; what is previewed and what is done both come from here. */
export function planUpdate(world: World, before: Stripe.Subscription, change: SubscriptionChange): UpdatePlan {
  const now = nowInSeconds(world);
  const wasTrial = before.status === "trialing";
  const startsTrial = typeof change.trialEnd === "number" && change.trialEnd !== before.trial_end;
  const startsAnew = !startsTrial && startsPeriod(world, before, change);
  const after = withTerms(before, change, { now, startsAnew, startsTrial });

  const isMoved = startsAnew || startsTrial;
  const isTouched = (item: Stripe.SubscriptionItem) => isMoved || isChanged(before, change, item);
  const touched = before.items.data.filter((item) => isTouched(item));
  const isProrated = change.prorationBehavior !== "none";
  const at = change.prorationDate;
  const credits = isProrated && !wasTrial ? touched.flatMap((item) => creditItems(world, before, item, at)) : [];
  const isCharged = isProrated && !isMoved && !wasTrial;
  const debits = isCharged
    ? after.items.data.filter((item) => isTouched(item)).flatMap((item) => debitItem(world, after, item, at) ?? [])
    : [];
  const used = startsAnew ? [] : usageLeftBehind(world, before, change.items, now);
  const recurring = startsAnew
    ? [...usedLines(world, before, now), ...recurringLines(world, after, { isTrial: false })]
    : [];
  return {
    subscription: after,
    prorations: [...credits, ...debits, ...used],
    recurring,
    countedFrom: countedFrom(world, before, change.items, now),
    credited: isProrated || isMoved ? touched.map(({ id }) => id) : [],
    isInvoicedNow:
      startsAnew || (change.prorationBehavior === "always_invoice" && credits.length + debits.length + used.length > 0),
  };
}

/**
 * Whether the period begins anew: asked for, a trial cut short, another interval, or from free to paid.
 *
 * https://docs.stripe.com/billing/subscriptions/billing-cycle
 */
function startsPeriod(world: World, before: Stripe.Subscription, change: SubscriptionChange): boolean {
  if (change.startsPeriodNow) return true;
  if (change.trialEnd === "now" && before.status === "trialing") return true;
  if (before.status === "trialing") return false;
  const [was] = before.items.data;
  const [is] = change.items;
  if (was && is && !isSameInterval(intervalOf(was.price), intervalOf(is.price))) return true;
  const unit = (item: Stripe.SubscriptionItem) => unitAmount(fullPrice(world, item.price), before.currency);
  const wasFree = before.items.data.every((item) => unit(item) === 0);
  return wasFree && change.items.some((item) => unit(item) > 0);
}

function withTerms(
  before: Stripe.Subscription,
  { items, trialEnd }: SubscriptionChange,
  { now, startsAnew, startsTrial }: { now: number; startsAnew: boolean; startsTrial: boolean },
): Stripe.Subscription {
  const changed = { ...before, items: { ...before.items, data: items } };
  if (startsTrial && typeof trialEnd === "number") {
    const trial_start = before.status === "trialing" ? before.trial_start : now;
    const start = before.status === "trialing" ? Math.min(...items.map((item) => item.current_period_start)) : now;
    return {
      ...withPeriod(changed, start, trialEnd),
      billing_cycle_anchor: trialEnd,
      status: "trialing",
      trial_end: trialEnd,
      trial_start,
    };
  }
  if (!startsAnew) {
    const start = Math.min(...before.items.data.map((item) => item.current_period_start));
    return withPeriod(changed, start, currentPeriodEnd(before));
  }
  const [first] = items;
  const end = first ? periodEndAfter(now, intervalOf(first.price), now) : now;
  const isTrialOver = before.status === "trialing";
  return {
    ...withPeriod(changed, now, end),
    billing_cycle_anchor: now,
    status: isTrialOver ? "active" : before.status,
    trial_end: isTrialOver ? now : before.trial_end,
  };
}

/** Whether an item is new, gone, or another in price or quantity. */
function isChanged(before: Stripe.Subscription, { items }: SubscriptionChange, { id }: { id: string }): boolean {
  const was = before.items.data.find((item) => item.id === id);
  const is = items.find((item) => item.id === id);
  return was?.price.id !== is?.price.id || was?.quantity !== is?.quantity;
}
