import Stripe from "stripe";
import { newId } from "../ids.js";
import type { LineDraft } from "./line-drafts.js";
import { productIdOf } from "./price-amounts.js";

/** A line as an invoice has it, with its share of the invoice's discount. */
export function buildInvoiceLine(
  invoice: string,
  currency: string,
  draft: LineDraft,
  discount: { id: string; amount: number } | null,
): Stripe.InvoiceLineItem {
  const { price, quantity, unitAmount } = draft;
  return {
    id: newId.invoiceLine(),
    object: "line_item",
    amount: draft.amount,
    currency,
    description: draft.description,
    discount_amounts: discount === null ? [] : [{ amount: discount.amount, discount: discount.id }],
    discountable: draft.isDiscountable,
    discounts: [],
    invoice,
    livemode: false,
    metadata: draft.metadata,
    parent: parentOf(draft),
    period: draft.period,
    pretax_credit_amounts: [],
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
