import type Stripe from "stripe";
import { newId } from "../ids.js";
import { testClockOf } from "../time/test-clock-of.js";
import { nowInSeconds, type World } from "../world.js";
import type { Order, OrderItem } from "./order.js";
import { intervalOf, periodEndAfter } from "./periods.js";
import { inlinePrice, isMetered, productIdOf, unitAmount } from "./price-amounts.js";

/** What comes of a trial that ends without a card. */
export type MissingPaymentMethod = "cancel" | "create_invoice" | "pause";

/** What a subscription has that is not in the order. */
export interface SubscriptionTerms {
  customer: string;
  defaultPaymentMethod: string | null;
  metadata: Record<string, string>;
  description: string | null;
  /** `automatic_tax[enabled]`: kept and answered; the sandbox's tax is always 0. */
  isTaxAutomatic: boolean;
  /** Sent and to be paid within so many days; left out: charged automatically. */
  daysUntilDue?: number | null;
  /** Left out: as an account's are. */
  paymentSettings?: Partial<Stripe.Subscription.PaymentSettings>;
  /** Left out: an invoice. */
  missingPaymentMethod?: MissingPaymentMethod;
}

const defaultPaymentSettings: Stripe.Subscription.PaymentSettings = {
  payment_method_options: null,
  payment_method_types: null,
  save_default_payment_method: "off",
};

/** A new subscription as it begins; its invoice and its discount are added by whoever makes them. */
export function buildSubscription(world: World, order: Order, terms: SubscriptionTerms): Stripe.Subscription {
  const id = newId.subscription();
  const start = nowInSeconds(world);
  const isTrial = order.trialEnd !== null;
  const { daysUntilDue = null } = terms;
  return {
    id,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: {
      disabled_reason: null,
      enabled: terms.isTaxAutomatic,
      liability: terms.isTaxAutomatic ? { type: "self" } : null,
    },
    billing_cycle_anchor: order.anchor?.at ?? order.trialEnd ?? start,
    billing_cycle_anchor_config: order.anchor?.config ?? null,
    billing_mode: { type: "flexible", flexible: { proration_discounts: "included" }, updated_at: start },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: daysUntilDue === null ? "charge_automatically" : "send_invoice",
    created: start,
    currency: order.currency,
    customer: terms.customer,
    customer_account: null,
    days_until_due: daysUntilDue,
    default_payment_method: terms.defaultPaymentMethod,
    default_source: null,
    default_tax_rates: [],
    description: terms.description,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    items: {
      object: "list",
      data: order.items.map((item) => {
        const end = order.trialEnd ?? periodEndAfter(order.anchor?.at ?? start, intervalOf(item.price), start);
        return buildItem(item, { subscription: id, currency: order.currency, start, end });
      }),
      has_more: false,
      url: `/v1/subscription_items?subscription=${id}`,
    },
    latest_invoice: null,
    livemode: false,
    managed_payments: { enabled: false },
    metadata: terms.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: { ...defaultPaymentSettings, ...terms.paymentSettings },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: start,
    status: isTrial ? "trialing" : "active",
    test_clock: testClockOf(world, { customer: terms.customer }),
    transfer_data: null,
    trial_end: order.trialEnd,
    trial_settings: {
      end_behavior: {
        billing_cycle_anchor: null,
        missing_payment_method: terms.missingPaymentMethod ?? "create_invoice",
      },
    },
    trial_start: isTrial ? start : null,
  };
}

/** A new item with the period it begins in. */
export function buildItem(
  item: OrderItem,
  of: { subscription: string; currency: string; start: number; end: number },
): Stripe.SubscriptionItem {
  return {
    id: newId.subscriptionItem(),
    object: "subscription_item",
    billing_thresholds: null,
    created: of.start,
    current_period_end: of.end,
    current_period_start: of.start,
    current_trial: null,
    discounts: [],
    metadata: item.metadata ?? {},
    plan: planOf(item.price, of.currency),
    price: inlinePrice(item.price),
    ...(isMetered(item.price) ? {} : { quantity: item.quantity }),
    subscription: of.subscription,
    tax_rates: [],
  };
}

/** The same item at another price. */
export function withPrice(
  item: Stripe.SubscriptionItem,
  price: Stripe.Price,
  currency: string,
): Stripe.SubscriptionItem {
  return { ...item, plan: planOf(price, currency), price: inlinePrice(price) };
}

/** The old face of a price, which subscription items still show. */
function planOf(price: Stripe.Price, currency: string): Stripe.Plan {
  return {
    id: price.id,
    object: "plan",
    active: price.active,
    amount: unitAmount(price, currency),
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? "month",
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: price.recurring?.meter ?? null,
    nickname: price.nickname,
    product: productIdOf(price),
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: price.recurring?.usage_type ?? "licensed",
  };
}

/** Where the period already paid for ends: the furthest of the items'. */
export function currentPeriodEnd(subscription: Stripe.Subscription): number {
  return Math.max(...subscription.items.data.map((item) => item.current_period_end));
}
