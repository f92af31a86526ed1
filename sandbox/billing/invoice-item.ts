import Stripe from "stripe";
import { newId } from "../ids.js";
import { testClockOf } from "../time/test-clock-of.js";
import { nowInSeconds, type World } from "../world.js";
import { idOf, productIdOf } from "./price-amounts.js";

/** What an invoice item is for. */
export interface InvoiceItemTerms {
  customer: string;
  amount: number;
  currency: string;
  description: string | null;
  isDiscountable: boolean;
  period: { start: number; end: number };
  price: Stripe.Price | null;
  unitAmount: number | null;
  quantity: number;
  metadata: Record<string, string>;
  parent: { subscription: string; subscription_item?: string } | null;
  proration: { credited: Stripe.InvoiceItem.ProrationDetails.CreditedItems | null } | null;
}

/** An item waiting for its customer's next invoice. */
export function buildInvoiceItem(world: World, terms: InvoiceItemTerms): Stripe.InvoiceItem {
  const { price, proration } = terms;
  const customer = world.tables.customer.find(terms.customer);
  return {
    id: newId.invoiceItem(),
    object: "invoiceitem",
    amount: terms.amount,
    currency: terms.currency,
    customer: terms.customer,
    customer_account: null,
    date: nowInSeconds(world),
    description: terms.description,
    discountable: terms.isDiscountable,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: terms.metadata,
    net_amount: terms.amount,
    parent: terms.parent && { subscription_details: terms.parent, type: "subscription_details" },
    period: terms.period,
    pricing: pricingOf(price, terms.unitAmount),
    proration: proration !== null,
    ...(proration ? { proration_details: { credited_items: proration.credited, discount_amounts: [] } } : {}),
    quantity: terms.quantity,
    quantity_decimal: Stripe.Decimal.from(terms.quantity),
    tax_rates: [],
    test_clock: customer ? testClockOf(world, customer) : null,
  };
}

/** What an item costs for one, and of what price; null for what is no multiple of it. */
export function pricingOf(price: Stripe.Price | null, unitAmount: number | null): Stripe.InvoiceItem.Pricing {
  return {
    ...(price ? { price_details: { price: price.id, product: productIdOf(price) } } : {}),
    type: "price_details",
    unit_amount_decimal: unitAmount === null ? null : Stripe.Decimal.from(unitAmount),
  };
}

/** Invoice items of a customer that are on no invoice yet. */
export function isPendingFor(item: Stripe.InvoiceItem, subscription: string | null): boolean {
  const reference = item.parent?.subscription_details?.subscription ?? null;
  const owner = reference === null ? null : idOf(reference);
  return item.invoice === null && owner === subscription;
}
