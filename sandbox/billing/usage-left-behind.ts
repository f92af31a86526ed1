import type Stripe from "stripe";
import type { World } from "../world.js";
import { buildInvoiceItem } from "./invoice-item.js";
import type { LineDraft } from "./line-drafts.js";
import { usedLines } from "./metered-lines.js";
import { idOf, isMetered } from "./price-amounts.js";
import { memoryOf, type SubscriptionMemory } from "./subscription-memory.js";

/**
 * What was used until now of metered items that go, or are to cost something else: it becomes pending at the price they
 * had, for the renewal counts only what they are used from now on.
 */
export function usageLeftBehind(
  world: World,
  before: Stripe.Subscription,
  items: Stripe.SubscriptionItem[],
  now: number,
): Stripe.InvoiceItem[] {
  return usedLines(world, before, now)
    .filter((line) => hasGone(items, line))
    .map((line) =>
      buildInvoiceItem(world, {
        customer: idOf(before.customer),
        amount: line.amount,
        currency: before.currency,
        description: line.description,
        isDiscountable: line.isDiscountable,
        period: line.period,
        price: line.price,
        unitAmount: line.unitAmount,
        quantity: line.quantity,
        metadata: {},
        parent: {
          subscription: before.id,
          ...(line.subscriptionItem === null ? {} : { subscription_item: line.subscriptionItem }),
        },
        proration: null,
      }),
    );
}

/** Since when each metered item counts what is used of it: those that are new, or cost something else, from now on. */
export function countedFrom(
  world: World,
  before: Stripe.Subscription,
  items: Stripe.SubscriptionItem[],
  now: number,
): SubscriptionMemory["countedFrom"] {
  const begun = items.filter(
    ({ id, price }) => isMetered(price) && before.items.data.find((item) => item.id === id)?.price.id !== price.id,
  );
  return { ...memoryOf(world, before.id).countedFrom, ...Object.fromEntries(begun.map(({ id }) => [id, now])) };
}

function hasGone(items: Stripe.SubscriptionItem[], { subscriptionItem, price }: LineDraft): boolean {
  return items.find(({ id }) => id === subscriptionItem)?.price.id !== price?.id;
}
