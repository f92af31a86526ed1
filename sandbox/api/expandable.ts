import type { Kind } from "../store/tables.js";

/** Kinds that are answered, and those that only occur inside others. */
export type ExpandableKind = Kind | "account" | "item" | "invoice_line" | "plan" | "subscription_item" | "unkept";

/**
 * What leads on from an object: `id` fields are swapped for the object, `included` ones are added on request,
 * `inline` ones are always there and only passed through, as are lists.
 */
export type Link = { is: "id" | "included" | "inline"; of: ExpandableKind; list?: boolean };

const id = (of: ExpandableKind): Link => ({ is: "id", of });
const included = (of: ExpandableKind): Link => ({ is: "included", of });
const includedList = (of: ExpandableKind): Link => ({ is: "included", of, list: true });
const inline = (of: ExpandableKind): Link => ({ is: "inline", of });
const inlineList = (of: ExpandableKind): Link => ({ is: "inline", of, list: true });

/** By kind and field, a field inside a hash being written with dots. `unkept` kinds are never there to expand. */
export const links: Record<ExpandableKind, Record<string, Link>> = {
  account: {},
  balance_transaction: { source: id("charge") },
  "billing.meter": {},
  "billing.meter_event": {},
  "billing_portal.configuration": {},
  "billing_portal.session": { configuration: id("billing_portal.configuration") },
  charge: {
    balance_transaction: id("balance_transaction"),
    customer: id("customer"),
    failure_balance_transaction: id("balance_transaction"),
    payment_intent: id("payment_intent"),
    refunds: includedList("refund"),
    review: id("unkept"),
  },
  "checkout.session": {
    customer: id("customer"),
    "discounts.coupon": id("coupon"),
    "discounts.promotion_code": id("promotion_code"),
    invoice: id("invoice"),
    line_items: includedList("item"),
    payment_intent: id("payment_intent"),
    setup_intent: id("setup_intent"),
    subscription: id("subscription"),
  },
  coupon: { applies_to: included("unkept"), currency_options: included("unkept") },
  customer: {
    default_source: id("payment_method"),
    invoice_credit_balance: included("unkept"),
    "invoice_settings.default_payment_method": id("payment_method"),
    sources: includedList("unkept"),
    subscriptions: includedList("subscription"),
    tax: included("unkept"),
    tax_ids: includedList("unkept"),
    test_clock: id("test_helpers.test_clock"),
  },
  customer_balance_transaction: { customer: id("customer"), invoice: id("invoice") },
  discount: {
    customer: id("customer"),
    promotion_code: id("promotion_code"),
    "source.coupon": id("coupon"),
  },
  dispute: {
    "balance_transactions.source": id("charge"),
    charge: id("charge"),
    payment_intent: id("payment_intent"),
  },
  event: {},
  invoice: {
    confirmation_secret: included("unkept"),
    customer: id("customer"),
    default_payment_method: id("payment_method"),
    discounts: id("discount"),
    lines: inlineList("invoice_line"),
    "parent.subscription_details.subscription": id("subscription"),
    payments: includedList("invoice_payment"),
    test_clock: id("test_helpers.test_clock"),
    "total_discount_amounts.discount": id("discount"),
    "total_pretax_credit_amounts.discount": id("discount"),
  },
  invoice_line: {
    "discount_amounts.discount": id("discount"),
    discounts: id("discount"),
    "pretax_credit_amounts.discount": id("discount"),
    "pricing.price_details.price": id("price"),
    subscription: id("subscription"),
  },
  invoice_payment: {
    invoice: id("invoice"),
    "payment.charge": id("charge"),
    "payment.payment_intent": id("payment_intent"),
  },
  invoiceitem: {
    customer: id("customer"),
    discounts: id("discount"),
    invoice: id("invoice"),
    "pricing.price_details.price": id("price"),
    test_clock: id("test_helpers.test_clock"),
  },
  item: { discounts: included("unkept"), price: inline("price"), taxes: included("unkept") },
  payment_intent: {
    customer: id("customer"),
    latest_charge: id("charge"),
    payment_method: id("payment_method"),
    review: id("unkept"),
  },
  payment_method: { customer: id("customer") },
  plan: { product: id("product") },
  price: { currency_options: included("unkept"), product: id("product"), tiers: included("unkept") },
  product: { default_price: id("price"), tax_code: id("unkept") },
  promotion_code: { customer: id("customer"), "promotion.coupon": id("coupon") },
  refund: {
    balance_transaction: id("balance_transaction"),
    charge: id("charge"),
    customer: id("customer"),
    failure_balance_transaction: id("balance_transaction"),
    payment_intent: id("payment_intent"),
    payment_method: id("payment_method"),
  },
  setup_attempt: {
    customer: id("customer"),
    payment_method: id("payment_method"),
    setup_intent: id("setup_intent"),
  },
  setup_intent: {
    customer: id("customer"),
    latest_attempt: id("setup_attempt"),
    mandate: id("unkept"),
    payment_method: id("payment_method"),
    single_use_mandate: id("unkept"),
  },
  subscription: {
    customer: id("customer"),
    default_payment_method: id("payment_method"),
    default_source: id("unkept"),
    discounts: id("discount"),
    items: inlineList("subscription_item"),
    latest_invoice: id("invoice"),
    pending_setup_intent: id("setup_intent"),
    "pending_update.discount": inline("discount"),
    "pending_update.discounts": id("discount"),
    schedule: id("subscription_schedule"),
    test_clock: id("test_helpers.test_clock"),
  },
  subscription_schedule: {
    customer: id("customer"),
    "default_settings.default_payment_method": id("payment_method"),
    "phases.default_payment_method": id("payment_method"),
    "phases.discounts.coupon": id("coupon"),
    "phases.discounts.discount": id("discount"),
    "phases.discounts.promotion_code": id("promotion_code"),
    "phases.items.price": id("price"),
    subscription: id("subscription"),
    test_clock: id("test_helpers.test_clock"),
  },
  subscription_item: {
    discounts: id("discount"),
    plan: inline("plan"),
    price: inline("price"),
  },
  "test_helpers.test_clock": {},
  unkept: {},
  "v2.core.event": {},
  webhook_endpoint: {},
};
