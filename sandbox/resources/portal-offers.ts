import type Stripe from "stripe";
import { isSent } from "../billing/collection.js";
import { isMetered, isOfferedIn } from "../billing/price-amounts.js";
import { scheduleOf } from "../billing/schedule-of.js";
import type { World } from "../world.js";
import { portalScheduleOf } from "./portal-schedule.js";

/** A price that the portal lets a subscription be changed to. */
export interface PortalOffer {
  price: Stripe.Price;
  /** null: as many as there are now. */
  quantities: { minimum: number; maximum: number | null } | null;
}

/** What the configuration offers a subscription: other prices, other quantities of its own, or both. */
export function offersFor(
  world: World,
  { features }: Stripe.BillingPortal.Configuration,
  subscription: Stripe.Subscription,
): PortalOffer[] {
  const { default_allowed_updates, enabled, products } = features.subscription_update;
  const [item] = subscription.items.data;
  if (!enabled || !item || reasonNotToUpdate(world, subscription) !== null) return [];
  const offers = (products ?? []).flatMap(({ prices, adjustable_quantity: quantity }) =>
    prices.flatMap((id) => {
      const price = world.tables.price.find(id);
      if (!price || !isSold(price, subscription.currency)) return [];
      if (id !== item.price.id && !default_allowed_updates.includes("price")) return [];
      const quantities = quantity.enabled ? { minimum: quantity.minimum, maximum: quantity.maximum } : null;
      return [{ price, quantities }];
    }),
  );
  const changesAnything = offers.some(({ price, quantities }) => price.id !== item.price.id || quantities !== null);
  return changesAnything ? offers : [];
}

/** Whether customers may change any detail that the page asks for; of shipping and tax ids it does not. */
export function offersDetails({ features }: Stripe.BillingPortal.Configuration): boolean {
  const { allowed_updates, enabled } = features.customer_update;
  return enabled && ["address", "email", "name", "phone"].some((detail) => allowed_updates.includes(detail));
}

function isSold(price: Stripe.Price, currency: string): boolean {
  return price.active && price.recurring !== null && !isMetered(price) && isOfferedIn(price, currency);
}

/** Whether an offer may be taken so many times; `current` is how many there are. */
export function allowsQuantity({ quantities }: PortalOffer, quantity: number, current: number): boolean {
  if (quantities === null) return quantity === current;
  return quantity >= quantities.minimum && quantity <= (quantities.maximum ?? quantity);
}

/** Why the portal does not pause a subscription; null if it does. https://docs.stripe.com/billing/subscriptions/pause */
export function reasonNotToPause(world: World, subscription: Stripe.Subscription): string | null {
  const { status } = subscription;
  if (!isActive(subscription) || status === "trialing") return `it is \`${status}\``;
  if (isSent(subscription)) return "its invoices are sent";
  return isScheduledByOthers(world, subscription) ? "it is managed by a subscription schedule" : null;
}

function isActive({ status }: Stripe.Subscription): boolean {
  return ["active", "trialing", "past_due"].includes(status);
}

function isScheduledByOthers(world: World, subscription: Stripe.Subscription): boolean {
  return scheduleOf(world, subscription) !== portalScheduleOf(world, subscription);
}

/** Why the portal does not update a subscription; null if it does. https://docs.stripe.com/customer-management */
export function reasonNotToUpdate(world: World, subscription: Stripe.Subscription): string | null {
  const { cancel_at, items, status } = subscription;
  if (!isActive(subscription)) return `it is \`${status}\``;
  if (items.data.length > 1) return "it contains multiple subscription items";
  if (items.data.some(({ price }) => isMetered(price))) return "it has usage-based pricing";
  if (isScheduledByOthers(world, subscription)) return "it is managed by a subscription schedule";
  return cancel_at === null ? null : "it is set to be canceled";
}
