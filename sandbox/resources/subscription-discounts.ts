import type Stripe from "stripe";
import { noSuch } from "../api/errors.js";
import { operation } from "../api/operation.js";
import type { Read } from "../api/params.js";
import { announceDiscounts } from "../billing/announce-discounts.js";
import { type ChosenDiscount, chooseDiscounts } from "../billing/choose-discounts.js";
import { fullPrice } from "../billing/line-drafts.js";
import { purchaseOf } from "../billing/order.js";
import { idOf } from "../billing/price-amounts.js";
import { announceUpdate } from "../billing/update-subscription.js";
import type { World } from "../world.js";
import { deletedDiscount } from "./customer-discounts.js";
import { getSubscription } from "./get-subscription.js";
import type { updateParams } from "./subscriptions.js";

export const subscriptionDiscountOperations = [
  operation({
    method: "DELETE",
    path: "/v1/subscriptions/:id/discount",
    answers: "nothing",
    params: {},
    run: deleteDiscount,
  }),
];

/** Takes all of a subscription's discounts away, and answers with the last. */
function deleteDiscount(world: World, _params: object, id: string): Stripe.DeletedDiscount {
  const before = getSubscription(world, id);
  if (before.ended_at !== null) throw noSuch("subscription", id);
  const last = before.discounts.at(-1);
  const discount = last === undefined ? undefined : world.tables.discount.find(idOf(last));
  if (!discount) throw noSuch("discount for subscription", id);
  world.tables.subscription.put({ ...before, discounts: [] });
  announceDiscounts(world, before.discounts, []);
  announceUpdate(world, id, before);
  return deletedDiscount(discount);
}

/** What `discounts` asks for in place of those there are: none if it is empty; null if it was not given. */
export function discountsFor(
  world: World,
  { currency, customer, discounts }: Stripe.Subscription,
  given: Read<typeof updateParams>["discounts"],
  items: Stripe.SubscriptionItem[],
): ChosenDiscount[] | null {
  if (given === undefined) return null;
  const owner = idOf(customer);
  const wanted = items.map(({ price, quantity }) => ({ price: fullPrice(world, price), quantity: quantity ?? 1 }));
  const own = world.tables.customer.find(owner)?.discount ?? null;
  return chooseDiscounts(world, given ?? [], purchaseOf({ items: wanted, currency }, owner), [...discounts, own]);
}
