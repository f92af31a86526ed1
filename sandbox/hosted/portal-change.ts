import type Stripe from "stripe";
import { StripeRefusal } from "../api/errors.js";
import { readParams } from "../api/params.js";
import { planUpdate } from "../billing/plan-update.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { createPreview, previewParams } from "../resources/invoice-previews.js";
import { allowsQuantity, offersFor, type PortalOffer } from "../resources/portal-offers.js";
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
  /** Nothing changes: it was made already. */
  isMade: boolean;
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
  const isMade = offer.price.id === item.price.id && quantity === current;
  if (!isMade && !allowsQuantity(offer, quantity, current)) return refused("This quantity is not offered.");
  const terms = configuration.features.subscription_update;
  const discounts = discountsOf(world, session, choice, terms);
  if (discounts === "unknown") return refused("This promotion code is not valid.");
  const prorationDate = prorationDateOf(world, session, choice.proration_date);
  const { price } = offer;
  return { ok: true, value: { subscription, item, price, quantity, discounts, prorationDate, isMade, terms } };
}

function refused(message: string): { ok: false; status: number; message: string } {
  return { ok: false, status: 400, message };
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

/** The invoice the change leads to, as `create_preview` answers it. */
export function previewChange(world: World, change: PortalChange): Outcome<Stripe.Invoice> {
  const { subscription, discounts } = change;
  return answerOf(() =>
    createPreview(
      world,
      readParams(previewParams, {
        subscription: subscription.id,
        ...(discounts && { discounts }),
        subscription_details: termsOf(change),
      }),
    ),
  );
}

/** Makes the change as `POST /v1/subscriptions/:id` does; one whose payment is refused changes nothing. */
export function makeChange(world: World, change: PortalChange): Outcome<Stripe.Subscription> {
  const { subscription, discounts } = change;
  const given = { ...termsOf(change), ...(discounts && { discounts }), payment_behavior: "error_if_incomplete" };
  return answerOf(() => updateSubscription(world, readParams(updateParams, given), subscription.id));
}

/** When the subscription renews once it is changed. */
export function renewalAfter(world: World, change: PortalChange): number {
  const { subscription } = change;
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
