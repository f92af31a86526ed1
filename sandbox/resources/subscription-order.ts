import type Stripe from "stripe";
import { invalidRequest } from "../api/errors.js";
import { mergeMetadata } from "../api/metadata.js";
import { hash, integer, listOf, metadata, notHere, text } from "../api/params.js";
import type { Order, OrderItem } from "../billing/order.js";
import { isMetered, isOfferedIn, refuseUnlessOfferedIn } from "../billing/price-amounts.js";
import { addDays } from "../calendar.js";
import { nowInSeconds, type World } from "../world.js";
import { anchorOf, type GivenAnchor } from "./billing-anchors.js";
import { oneTimePriceData, priceGiven } from "./price-data.js";

/** `add_invoice_items`: what is billed once, with the invoice of a beginning or with the next one. */
export const addInvoiceItems = listOf(
  hash({
    discountable: notHere,
    discounts: notHere,
    metadata,
    period: notHere,
    price: text,
    price_data: oneTimePriceData,
    quantity: integer({ min: 0 }),
    tax_rates: notHere,
  }),
);

type GivenExtras = ReturnType<typeof addInvoiceItems>;

/** What a subscription is asked to be, by its creation or by the preview of one. */
export interface GivenOrder extends GivenAnchor {
  items: GivenItem[];
  add_invoice_items?: GivenExtras;
  currency?: string | undefined;
  trial_end?: "now" | number | undefined;
  trial_period_days?: number | undefined;
}

interface GivenItem {
  price?: string | undefined;
  price_data?: Parameters<typeof priceGiven>[1]["price_data"];
  quantity?: number | undefined;
  metadata?: Record<string, string> | null | undefined;
}

/** The order, without a discount; refuses prices that cannot be had together. */
export function orderOf(world: World, given: GivenOrder, customer: Stripe.Customer | null): Order {
  const items = given.items.map((item, index) => itemOf(world, item, `items[${index}]`));
  const [first] = items;
  if (!first) throw invalidRequest("You must provide at least one item.", { param: "items" });
  const own = customer?.currency ?? null;
  const customersOwn = own !== null && isOfferedIn(first.price, own) ? own : null;
  const currency = given.currency?.toLowerCase() ?? customersOwn ?? first.price.currency;
  const extras = extrasOf(world, given.add_invoice_items);
  for (const { price } of [...items, ...extras]) refuseUnlessOfferedIn(price, currency);
  const trialEnd = trialEndOf(world, given);
  return { items, currency, coupons: [], trialEnd, anchor: anchorOf(world, given, { first, trialEnd }), extras };
}

/** What is billed once; only what is not recurring can be. */
export function extrasOf(world: World, given: GivenExtras): OrderItem[] {
  return (given ?? []).map((extra, index) => {
    const at = `add_invoice_items[${index}]`;
    const price = priceGiven(world, extra, at);
    if (!price.recurring) return { price, quantity: extra.quantity ?? 1, metadata: mergeMetadata({}, extra.metadata) };
    throw invalidRequest(
      "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.",
      { param: `${at}[price]` },
    );
  });
}

function itemOf(world: World, item: GivenItem, at: string): OrderItem {
  const price = priceGiven(world, item, at);
  const { quantity } = item;
  if (!price.recurring) {
    throw invalidRequest(
      "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
      { param: `${at}[price]` },
    );
  }
  if (quantity !== undefined && isMetered(price)) {
    throw invalidRequest("You cannot set the quantity for metered prices.", { param: `${at}[quantity]` });
  }
  return { price, quantity: quantity ?? 1, metadata: mergeMetadata({}, item.metadata) };
}

function trialEndOf(world: World, { trial_end, trial_period_days }: GivenOrder): number | null {
  const now = nowInSeconds(world);
  if (trial_end !== undefined && trial_period_days !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: trial_end, trial_period_days.");
  }
  if (trial_end === "now") return null;
  if (trial_end === undefined) return trial_period_days ? addDays(now, trial_period_days) : null;
  if (trial_end > now) return trial_end;
  throw invalidRequest("The `trial_end` timestamp must be in the future.", { param: "trial_end" });
}
