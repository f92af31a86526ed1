import Stripe from "stripe";
import { newId } from "../ids.js";
import type { LineDraft } from "./line-drafts.js";
import { productIdOf } from "./price-amounts.js";

/** What a discount, by its id, takes off. */
export interface DiscountAmount {
  amount: number;
  discount: string;
}

/** A line as an invoice has it, with its shares of the invoice's discounts. */
export function buildInvoiceLine(
  invoice: string,
  currency: string,
  draft: LineDraft,
  off: DiscountAmount[],
): Stripe.InvoiceLineItem {
  const { price, quantity, unitAmount } = draft;
  return {
    id: newId.invoiceLine(),
    object: "line_item",
    amount: draft.amount,
    currency,
    description: draft.description,
    discount_amounts: off,
    discountable: draft.isDiscountable,
    discounts: [],
    invoice,
    livemode: false,
    metadata: draft.metadata,
    parent: parentOf(draft),
    period: draft.period,
    pretax_credit_amounts: asPretaxCredits(off),
    pricing: {
      ...(price ? { price_details: { price: price.id, product: productIdOf(price) } } : {}),
      type: "price_details",
      unit_amount_decimal: unitAmount === null ? null : Stripe.Decimal.from(unitAmount),
    },
    quantity: Number.isInteger(quantity) ? quantity : null,
    quantity_decimal: Stripe.Decimal.from(quantity),
    subscription: draft.subscription,
    subtotal: draft.amount,
    taxes: [],
  };
}

/** The same amounts as Stripe shows them beside its billing credits. */
export function asPretaxCredits(off: DiscountAmount[]): (DiscountAmount & { type: "discount" })[] {
  return off.map((one) => ({ ...one, type: "discount" }));
}

function parentOf(draft: LineDraft): Stripe.InvoiceLineItem.Parent {
  const { credited, invoiceItem, subscription, subscriptionItem } = draft;
  const shared = {
    proration: draft.isProration,
    proration_details: {
      credited_items: credited ? { invoice: credited.invoice, invoice_line_items: [credited.id] } : null,
    },
    subscription,
  };
  if (subscriptionItem === null) {
    return {
      invoice_item_details: { ...shared, invoice_item: invoiceItem ?? "" },
      subscription_item_details: null,
      type: "invoice_item_details",
    };
  }
  return {
    invoice_item_details: null,
    subscription_item_details: { ...shared, invoice_item: invoiceItem, subscription_item: subscriptionItem },
    type: "subscription_item_details",
  };
}
