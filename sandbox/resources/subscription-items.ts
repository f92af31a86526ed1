import type Stripe from "stripe";
import { noSuch } from "../api/errors.js";
import { pageOf, paging } from "../api/lists.js";
import { operation } from "../api/operation.js";
import { type Covers, required, text } from "../api/params.js";
import { getSubscription } from "./get-subscription.js";

const listParams = { ...paging, subscription: required(text) } satisfies Covers<Stripe.SubscriptionItemListParams>;

export const subscriptionItemOperations = [
  operation({
    method: "GET",
    path: "/v1/subscription_items/:id",
    answers: "subscription_item",
    params: {},
    run: (world, _params, id) => {
      const items = world.tables.subscription.newestFirst().flatMap((subscription) => subscription.items.data);
      const item = items.find((candidate) => candidate.id === id);
      if (!item) throw noSuch("subscription_item", id);
      return item;
    },
  }),
  operation({
    method: "GET",
    path: "/v1/subscription_items",
    answers: { list: "subscription_item" },
    params: listParams,
    run: (world, params) => {
      const { items } = getSubscription(world, params.subscription, "subscription");
      return pageOf(items.data, params, "/v1/subscription_items");
    },
  }),
];
