import type Stripe from "stripe";
import {
  type AppliedDiscount,
  appliedDiscounts,
  customersDiscounts,
  discountsOf,
} from "../billing/applied-discounts.js";
import { applyChosen, chooseDiscounts, type discountsParam } from "../billing/choose-discounts.js";
import type { Purchase } from "../billing/discounts.js";
import { changedLines } from "../billing/draft-lines.js";
import { subscriptionOf } from "../billing/end-subscription.js";
import type { LineDraft } from "../billing/line-drafts.js";
import { idOf, productIdOf } from "../billing/price-amounts.js";
import { sum } from "../money.js";
import { nowInSeconds, type World } from "../world.js";
import { refuseUnless } from "./invoice-actions.js";

type Given = ReturnType<typeof discountsParam> | null;

/** What comes off an invoice made by hand: what is asked for, or what it inherits; null and an empty list: nothing. */
export function discountsByHand(
  world: World,
  given: Given,
  invoice: {
    id: string;
    customer: string;
    subscription: Stripe.Subscription | null;
    currency: string;
    lines: LineDraft[];
  },
): AppliedDiscount[] {
  const { id, customer, subscription, currency, lines } = invoice;
  const now = nowInSeconds(world);
  if (given === undefined) {
    return subscription ? discountsOf(world, subscription, now) : customersDiscounts(world, customer, now);
  }
  const amount = sum(lines.map((line) => line.amount));
  const products = lines.map(({ price }) => (price ? productIdOf(price) : ""));
  const purchase = { customer, currency, amount, products: products.length > 0 ? products : [""] };
  return redeemFor(world, given ?? [], id, purchase, subscription?.discounts ?? []);
}

/** A draft with other discounts in place of its own; its sums follow. */
export function withDiscounts(world: World, draft: Stripe.Invoice, given: Given): Stripe.Invoice {
  if (given === undefined) return draft;
  refuseUnless(draft, ["draft"], "updated");
  const { currency, discounts, lines, subtotal: amount } = draft;
  const customer = draft.customer === null ? "" : idOf(draft.customer);
  const products = lines.data.map(({ pricing }) => String(pricing?.price_details?.product ?? ""));
  const owner = subscriptionOf(draft);
  const subscription = owner === null ? undefined : world.tables.subscription.find(owner);
  const purchase = { customer, currency, amount, products: products.length > 0 ? products : [""] };
  const known = [...discounts, ...(subscription?.discounts ?? [])];
  const chosen = redeemFor(world, given ?? [], draft.id, purchase, known);
  return changedLines(world, { ...draft, discounts: chosen.map(({ id }) => id) }, lines.data);
}

function redeemFor(
  world: World,
  given: NonNullable<Given>,
  invoice: string,
  purchase: Purchase & { customer: string },
  known: (string | { id: string })[],
): AppliedDiscount[] {
  const { customer } = purchase;
  const own = world.tables.customer.find(customer)?.discount ?? null;
  const chosen = chooseDiscounts(world, given, purchase, [...known, own]);
  const to = { customer, subscription: null, checkoutSession: null, invoice };
  return appliedDiscounts(world, applyChosen(world, chosen, to));
}
