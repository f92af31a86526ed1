import type Stripe from "stripe";
import { StripeRefusal } from "../api/errors.js";
import { readParams } from "../api/params.js";
import { payerOf } from "../billing/collect-invoice.js";
import { isSent } from "../billing/collection.js";
import { planUpdate } from "../billing/plan-update.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { refusalOf } from "../billing/update-subscription.js";
import { createPreview, previewParams } from "../resources/invoice-previews.js";
import { allowsQuantity, offersFor, type PortalOffer } from "../resources/portal-offers.js";
import {
  asIfNoneWaited,
  scheduleChange,
  waitingChange,
  waitsForPeriodEnd,
  withoutWaitingChange,
} from "../resources/portal-schedule.js";
import { findPromotionCode } from "../resources/promotion-codes.js";
import { changeOf, updateSubscription } from "../resources/subscription-changes.js";
import { updateParams } from "../resources/subscriptions.js";
import { nowInSeconds, type World } from "../world.js";
import { configurationOf, shownSubscription } from "./portal-view.js";

type Session = Stripe.BillingPortal.Session;

/** What was chosen on the page, as it was posted. */
export interface PortalChoice {
  price: string;
  quantity: string;
  promotion_code: string;
  /** Empty until it is fixed by the first look at what the change costs. */
  proration_date: string;
}

/** A change that the configuration allows. */
export interface PortalChange {
  subscription: Stripe.Subscription;
  item: Stripe.SubscriptionItem;
  price: Stripe.Price;
  quantity: number;
  /** Instead of those there are; null: they stay. */
  discounts: Record<string, string>[] | null;
  prorationDate: number;
  /** Nothing changes: it was made already, or waits for the period's end. */
  isMade: boolean;
  /** Made now, or at the end of the period; or one that waits is taken back. */
  kind: "now" | "later" | "taken back";
  terms: Stripe.BillingPortal.Configuration.Features.SubscriptionUpdate;
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; status: number; message: string };

/** The change that was chosen, or why it cannot be. */
export function readChange(world: World, session: Session, choice: PortalChoice): Outcome<PortalChange> {
  const subscription = shownSubscription(world, session);
  const item = subscription?.items.data[0];
  if (!subscription || !item) return refused("There is no subscription to change.");
  const configuration = configurationOf(world, session);
  const current = item.quantity ?? 1;
  const offer = offersFor(world, configuration, subscription).find(({ price }) => price.id === choice.price);
  if (!offer) return refused("This plan is not offered here.");
  const quantity = quantityOf(offer, choice.quantity, current);
  const isCurrent = offer.price.id === item.price.id && quantity === current;
  if (!isCurrent && !allowsQuantity(offer, quantity, current)) return refused("This quantity is not offered.");
  const terms = configuration.features.subscription_update;
  const discounts = discountsOf(world, session, choice, terms);
  if (discounts === "unknown") return refused("This promotion code is not valid.");
  const prorationDate = prorationDateOf(world, session, choice.proration_date);
  const { price } = offer;
  const waiting = waitingChange(world, subscription);
  const isMade = waiting ? waiting.price === price.id && waiting.quantity === quantity : isCurrent;
  const kind = isCurrent ? "taken back" : kindOf(world, subscription, item, { price, quantity, terms });
  return { ok: true, value: { subscription, item, price, quantity, discounts, prorationDate, isMade, kind, terms } };
}

function refused(message: string): { ok: false; status: number; message: string } {
  return { ok: false, status: 400, message };
}

function kindOf(
  world: World,
  { currency }: Stripe.Subscription,
  item: Stripe.SubscriptionItem,
  { price, quantity, terms }: Pick<PortalChange, "price" | "quantity" | "terms">,
): "now" | "later" {
  const { conditions } = terms.schedule_at_period_end;
  return waitsForPeriodEnd(world, conditions, item, { price, quantity }, currency) ? "later" : "now";
}

function quantityOf({ quantities }: PortalOffer, given: string, current: number): number {
  return quantities !== null && /^\d{1,9}$/.test(given) ? Number(given) : current;
}

function discountsOf(
  world: World,
  { flow, customer }: Session,
  { promotion_code: given }: PortalChoice,
  { default_allowed_updates }: PortalChange["terms"],
): PortalChange["discounts"] | "unknown" {
  const [asked] = flow?.subscription_update_confirm?.discounts ?? [];
  if (asked?.coupon != null) return [{ coupon: asked.coupon }];
  if (asked?.promotion_code != null) return [{ promotion_code: asked.promotion_code }];
  if (given === "" || !default_allowed_updates.includes("promotion_code")) return null;
  const code = findPromotionCode(world, given, customer);
  return code ? [{ promotion_code: code.id }] : "unknown";
}

/** What is posted back is believed as far as the page can have been shown then, so that time cannot be chosen. */
function prorationDateOf(world: World, { created }: Session, given: string): number {
  const now = nowInSeconds(world);
  const date = /^\d{1,12}$/.test(given) ? Number(given) : now;
  return date >= created && date <= now ? date : now;
}

/** The invoice that a change made now leads to, as `create_preview` answers it; null for one made later. */
export function previewChange(world: World, change: PortalChange): Outcome<Stripe.Invoice | null> {
  const { subscription, discounts, kind } = change;
  const given = {
    subscription: subscription.id,
    ...(discounts && { discounts }),
    subscription_details: termsOf(change),
  };
  // Discounts that are not good are refused for a later change too, before anything is put on a schedule.
  const preview = answerOf(() =>
    asIfNoneWaited(world, subscription, () => createPreview(world, readParams(previewParams, given))),
  );
  return preview.ok && kind !== "now" ? { ok: true, value: null } : preview;
}

/** Why what is due at once would not be paid; null if it would. */
export function refusalAtOnce(world: World, change: PortalChange): string | null {
  const preview = previewChange(world, change);
  if (!preview.ok) return preview.message;
  if (preview.value === null || isSent(preview.value)) return null;
  const { amount_due, created } = preview.value;
  if (created > nowInSeconds(world) || amount_due <= 0) return null;
  // A trial cut short without a card would be paused or canceled, which nobody chose here.
  if (!payerOf(world, preview.value)) return "Add a payment method first: this change is paid at once.";
  return refusalOf(world, preview.value)?.message ?? null;
}

/**
 * Makes the change: now as `POST /v1/subscriptions/:id` does, or later as a schedule does.
 *
 * One that waits is given up for it, so what would be refused has to be refused before: see `refusalAtOnce`.
 */
export function makeChange(world: World, change: PortalChange): Outcome<Stripe.Subscription> {
  const { discounts, kind } = change;
  const subscription = withoutWaitingChange(world, change.subscription);
  if (kind === "taken back") return { ok: true, value: subscription };
  if (kind === "later") {
    return answerOf(() => {
      scheduleChange(world, subscription, change);
      return subscription;
    });
  }
  const given = { ...termsOf(change), ...(discounts && { discounts }), payment_behavior: "error_if_incomplete" };
  return answerOf(() => updateSubscription(world, readParams(updateParams, given), subscription.id));
}

/** When the subscription renews once it is changed. */
export function renewalAfter(world: World, change: PortalChange): number {
  const { subscription, kind } = change;
  if (kind !== "now") return currentPeriodEnd(subscription);
  const planned = changeOf(world, subscription, readParams(updateParams, termsOf(change)));
  return currentPeriodEnd(planned ? planUpdate(world, subscription, planned).subscription : subscription);
}

/** A trial that goes on keeps its end, which a period beginning now would be the end of. */
function termsOf({ subscription, item, price, quantity, prorationDate, terms }: PortalChange): Record<string, unknown> {
  const isTrial = subscription.status === "trialing";
  const goesOn = isTrial && terms.trial_update_behavior === "continue_trial";
  return {
    items: [{ id: item.id, price: price.id, quantity: String(quantity) }],
    proration_behavior: terms.proration_behavior,
    proration_date: String(prorationDate),
    ...(terms.billing_cycle_anchor === "now" && !goesOn && { billing_cycle_anchor: { type: "now" } }),
    ...(isTrial && !goesOn && { trial_end: "now" }),
  };
}

function answerOf<T>(ask: () => T): Outcome<T> {
  try {
    return { ok: true, value: ask() };
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error;
    return { ok: false, status: error.status, message: error.message };
  }
}
