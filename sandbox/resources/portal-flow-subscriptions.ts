import type Stripe from "stripe";
import { invalidRequest, missingParameter, noSuch } from "../api/errors.js";
import { hash, integer, listOf, notHere, required, text } from "../api/params.js";
import { chooseDiscounts } from "../billing/choose-discounts.js";
import { purchaseOf } from "../billing/order.js";
import { idOf } from "../billing/price-amounts.js";
import type { World } from "../world.js";
import { allowsQuantity, offersFor, type PortalOffer, reasonNotToPause, reasonNotToUpdate } from "./portal-offers.js";

/** What the flows about a subscription are told of it. */
export const subscriptionFlows = {
  subscription_cancel: hash({ retention: notHere, subscription: required(text) }),
  subscription_pause: hash({ subscription: required(text) }),
  subscription_update: hash({ subscription: required(text) }),
  subscription_update_confirm: hash({
    discounts: listOf(hash({ coupon: text, promotion_code: text })),
    items: required(listOf(hash({ id: required(text), price: text, quantity: integer({ min: 0 }) }))),
    subscription: required(text),
  }),
};

type Given = { [K in keyof typeof subscriptionFlows]: ReturnType<(typeof subscriptionFlows)[K]> };
type Confirm = NonNullable<Given["subscription_update_confirm"]>;
type Confirmed = Stripe.BillingPortal.Session.Flow.SubscriptionUpdateConfirm;
type Owner = { world: World; customer: Stripe.Customer; configuration: Stripe.BillingPortal.Configuration };

/** The part of a flow that names a subscription; refuses one that is not theirs or not in the state for it. */
export function readSubscriptionFlow(
  owner: Owner,
  type: Stripe.BillingPortal.Session.Flow.Type,
  given: Given,
): Partial<Stripe.BillingPortal.Session.Flow> {
  const at = `flow_data[${type}]`;
  if (type === "subscription_cancel") {
    const { id } = cancelable(find(owner, given.subscription_cancel, at), `${at}[subscription]`);
    return { subscription_cancel: { retention: null, subscription: id } };
  }
  if (type === "subscription_pause") {
    const { id } = pausable(owner, find(owner, given.subscription_pause, at), `${at}[subscription]`);
    return { subscription_pause: { subscription: id } };
  }
  if (type === "subscription_update") {
    const { id } = updatable(owner, find(owner, given.subscription_update, at), `${at}[subscription]`);
    return { subscription_update: { subscription: id } };
  }
  if (type !== "subscription_update_confirm") return {};
  const subscription = updatable(owner, find(owner, given.subscription_update_confirm, at), `${at}[subscription]`);
  return { subscription_update_confirm: confirmed(owner, subscription, given.subscription_update_confirm, at) };
}

function find({ world, customer }: Owner, given: { subscription: string } | undefined, at: string) {
  if (!given) throw missingParameter(at);
  const subscription = world.tables.subscription.find(given.subscription);
  if (subscription && idOf(subscription.customer) === customer.id) return subscription;
  throw noSuch("subscription", given.subscription, `${at}[subscription]`);
}

function cancelable(subscription: Stripe.Subscription, param: string): Stripe.Subscription {
  if (subscription.ended_at === null && subscription.cancel_at === null) return subscription;
  const state = subscription.ended_at === null ? "is already set to be canceled" : "has been canceled";
  throw invalidRequest(`This subscription cannot be canceled because it ${state}.`, { param });
}

function pausable({ world }: Owner, subscription: Stripe.Subscription, param: string): Stripe.Subscription {
  const reason = reasonNotToPause(world, subscription);
  if (reason === null) return subscription;
  throw invalidRequest(`This subscription cannot be paused because ${reason}.`, { param });
}

function updatable({ world, configuration }: Owner, subscription: Stripe.Subscription, param: string) {
  const reason = reasonNotToUpdate(world, subscription);
  if (reason !== null) {
    throw invalidRequest(`This subscription cannot be updated because ${reason}.`, { param });
  }
  if (offersFor(world, configuration, subscription).length > 0) return subscription;
  throw invalidRequest(
    "This subscription cannot be updated because the portal configuration offers nothing to change it to.",
    { param },
  );
}

/** https://docs.stripe.com/api/customer_portal/sessions/create: one item, and one of the configuration's prices. */
function confirmed(owner: Owner, subscription: Stripe.Subscription, given: Confirm | undefined, at: string): Confirmed {
  const [change, ...more] = given?.items ?? [];
  if (!change || more.length > 0) throw invalidRequest("You must pass exactly one item.", { param: `${at}[items]` });
  const item = subscription.items.data.find(({ id }) => id === change.id);
  if (!item) throw noSuch("subscription_item", change.id, `${at}[items][0][id]`);
  const [price, current] = [change.price ?? item.price.id, item.quantity ?? 1];
  const quantity = change.quantity ?? current;
  const offer = offerOf(owner, subscription, price, `${at}[items][0][price]`);
  if (!allowsQuantity(offer, quantity, current)) {
    throw invalidRequest(`The portal configuration does not allow the quantity ${quantity}.`, {
      param: `${at}[items][0][quantity]`,
    });
  }
  if (price === item.price.id && quantity === current) {
    throw invalidRequest("There are no changes to confirm.", { param: `${at}[items]` });
  }
  const discounts = discountsOf(owner, subscription, { offer, quantity, discounts: given?.discounts }, at);
  return { discounts, items: [{ id: item.id, price, quantity }], subscription: subscription.id };
}

function offerOf({ world, configuration }: Owner, subscription: Stripe.Subscription, price: string, param: string) {
  const offer = offersFor(world, configuration, subscription).find((candidate) => candidate.price.id === price);
  if (offer) return offer;
  throw invalidRequest(`The price \`${price}\` is not among the portal configuration's products.`, { param });
}

/** One coupon or promotion code, which has to be good for what is bought. */
function discountsOf(
  { world, customer }: Owner,
  { currency }: Stripe.Subscription,
  { offer, quantity, discounts }: { offer: PortalOffer; quantity: number; discounts: Confirm["discounts"] },
  at: string,
): Confirmed["discounts"] {
  if (!discounts) return null;
  const param = `${at}[discounts]`;
  if (discounts.length > 1) throw invalidRequest("You can pass at most one discount.", { param });
  const purchase = purchaseOf({ items: [{ price: offer.price, quantity }], currency }, customer.id);
  const named = discounts.map((discount) => ({ ...discount, discount: undefined }));
  chooseDiscounts(world, named, purchase, [], param);
  return discounts.map(({ coupon = null, promotion_code = null }) => ({ coupon, promotion_code }));
}
