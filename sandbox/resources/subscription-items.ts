import type Stripe from "stripe";
import { noSuch } from "../api/errors.js";
import { pageOf, paging } from "../api/lists.js";
import { operation } from "../api/operation.js";
import { type Covers, integer, metadata, notHere, oneOf, required, text } from "../api/params.js";
import type { PaymentBehavior } from "../billing/update-subscription.js";
import { announceUpdate, updateItems } from "../billing/update-subscription.js";
import type { World } from "../world.js";
import { getSubscription } from "./get-subscription.js";
import { changeOf } from "./subscription-changes.js";
import type { ItemChange } from "./subscription-item-changes.js";

const listParams = { ...paging, subscription: required(text) } satisfies Covers<Stripe.SubscriptionItemListParams>;

const billing = {
  payment_behavior: oneOf("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"),
  proration_behavior: oneOf("always_invoice", "create_prorations", "none"),
  proration_date: integer(),
};

const updateParams = {
  ...billing,
  billing_thresholds: notHere,
  current_trial: notHere,
  discounts: notHere,
  metadata,
  off_session: notHere,
  plan: text,
  price: text,
  price_data: notHere,
  quantity: integer({ min: 0 }),
  tax_rates: notHere,
} satisfies Covers<Stripe.SubscriptionItemUpdateParams>;

const createParams = {
  ...updateParams,
  subscription: required(text),
} satisfies Covers<Stripe.SubscriptionItemCreateParams>;

const deleteParams = { ...billing, clear_usage: notHere } satisfies Covers<Stripe.SubscriptionItemDeleteParams>;

const path = "/v1/subscription_items";
const answers = "subscription_item";

export const subscriptionItemOperations = [
  operation({
    method: "POST",
    path,
    answers,
    params: createParams,
    run: (world, params) => {
      const before = getSubscription(world, params.subscription, "subscription");
      const { price, plan, quantity, metadata: data } = params;
      const after = change(world, before, [{ ...unchanged, price, plan, quantity, metadata: data }], params);
      const known = new Set(before.items.data.map(({ id }) => id));
      return getItem(
        after.items.data.find(({ id }) => !known.has(id)),
        "",
      );
    },
  }),
  operation({
    method: "GET",
    path: `${path}/:id`,
    answers,
    params: {},
    run: (world, _params, id) =>
      getItem(
        itemsOf(subscriptionWith(world, id)).find((item) => item.id === id),
        id,
      ),
  }),
  operation({
    method: "POST",
    path: `${path}/:id`,
    answers,
    params: updateParams,
    run: (world, params, id) => {
      const { price, plan, quantity, metadata: data } = params;
      const before = subscriptionWith(world, id);
      const after = change(world, before, [{ ...unchanged, id, price, plan, quantity, metadata: data }], params);
      return getItem(
        itemsOf(after).find((item) => item.id === id),
        id,
      );
    },
  }),
  operation({
    method: "DELETE",
    path: `${path}/:id`,
    answers: "nothing",
    params: deleteParams,
    run: (world, params, id): Stripe.DeletedSubscriptionItem => {
      change(world, subscriptionWith(world, id), [{ ...unchanged, id, deleted: true }], params);
      return { id, object: "subscription_item", deleted: true };
    },
  }),
  operation({
    method: "GET",
    path,
    answers: { list: "subscription_item" },
    params: listParams,
    run: (world, params) => pageOf(itemsOf(getSubscription(world, params.subscription, "subscription")), params, path),
  }),
];

/** An item's own operations are updates of its subscription. */
function change(
  world: World,
  before: Stripe.Subscription,
  items: ItemChange[],
  params: {
    payment_behavior: PaymentBehavior | undefined;
    proration_behavior: "always_invoice" | "create_prorations" | "none" | undefined;
    proration_date: number | undefined;
  },
): Stripe.Subscription {
  const asked = changeOf(world, before, { ...params, items });
  if (asked) updateItems(world, before, asked, params.payment_behavior ?? "allow_incomplete");
  return announceUpdate(world, before.id, before);
}

const unchanged: ItemChange = {
  billing_thresholds: undefined,
  clear_usage: undefined,
  current_trial: undefined,
  deleted: undefined,
  discounts: undefined,
  id: undefined,
  metadata: undefined,
  plan: undefined,
  price: undefined,
  price_data: undefined,
  quantity: undefined,
  tax_rates: undefined,
};

function subscriptionWith(world: World, item: string): Stripe.Subscription {
  const found = world.tables.subscription.newestFirst().find((candidate) => hasItem(candidate, item));
  if (!found) throw noSuch("subscription_item", item);
  return found;
}

function hasItem({ items }: Stripe.Subscription, id: string): boolean {
  return items.data.some((item) => item.id === id);
}

function itemsOf({ items }: Stripe.Subscription): Stripe.SubscriptionItem[] {
  return items.data;
}

function getItem(item: Stripe.SubscriptionItem | undefined, id: string): Stripe.SubscriptionItem {
  if (!item) throw noSuch("subscription_item", id);
  return item;
}
