import type Stripe from "stripe";
import type { StoredReport } from "../billing/meter-errors.js";
import type { StoredMeterEvent } from "../billing/meter-usage.js";
import type { StoredEvent } from "../webhooks/events.js";
import { createTable, type Table } from "./table.js";

/** What the sandbox keeps, by Stripe's own `object` names. */
export interface Kinds {
  balance_transaction: Stripe.BalanceTransaction;
  "billing.meter": Stripe.Billing.Meter;
  "billing.meter_event": StoredMeterEvent;
  "billing_portal.configuration": Stripe.BillingPortal.Configuration;
  "billing_portal.session": Stripe.BillingPortal.Session;
  charge: Stripe.Charge;
  "checkout.session": Stripe.Checkout.Session;
  coupon: Stripe.Coupon;
  customer: Stripe.Customer;
  customer_balance_transaction: Stripe.CustomerBalanceTransaction;
  discount: Stripe.Discount;
  dispute: Stripe.Dispute;
  event: StoredEvent;
  invoice: Stripe.Invoice;
  invoice_payment: Stripe.InvoicePayment;
  invoiceitem: Stripe.InvoiceItem;
  payment_intent: Stripe.PaymentIntent;
  payment_method: Stripe.PaymentMethod;
  price: Stripe.Price;
  product: Stripe.Product;
  promotion_code: Stripe.PromotionCode;
  refund: Stripe.Refund;
  setup_attempt: Stripe.SetupAttempt;
  setup_intent: Stripe.SetupIntent;
  subscription: Stripe.Subscription;
  subscription_schedule: Stripe.SubscriptionSchedule;
  "test_helpers.test_clock": Stripe.TestHelpers.TestClock;
  "v2.core.event": StoredReport;
  webhook_endpoint: Stripe.WebhookEndpoint;
}

export type Kind = keyof Kinds;
export type Tables = { [K in Kind]: Table<Kinds[K]> };

/** Any object that may be seeded. */
export type StripeObject = Kinds[Kind];

export function createTables(): Tables {
  return {
    balance_transaction: createTable(),
    "billing.meter": createTable(),
    "billing.meter_event": createTable(),
    "billing_portal.configuration": createTable(),
    "billing_portal.session": createTable(),
    charge: createTable(),
    "checkout.session": createTable(),
    coupon: createTable(),
    customer: createTable(),
    customer_balance_transaction: createTable(),
    discount: createTable(),
    dispute: createTable(),
    event: createTable(),
    invoice: createTable(),
    invoice_payment: createTable("invoice"),
    invoiceitem: createTable(),
    payment_intent: createTable(),
    payment_method: createTable(),
    price: createTable(),
    product: createTable(),
    promotion_code: createTable(),
    refund: createTable(),
    setup_attempt: createTable(),
    setup_intent: createTable(),
    subscription: createTable(),
    subscription_schedule: createTable(),
    "test_helpers.test_clock": createTable(),
    "v2.core.event": createTable(),
    webhook_endpoint: createTable(),
  };
}
