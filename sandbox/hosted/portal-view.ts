import type Stripe from "stripe";
import { priceOf } from "../billing/order.js";
import { describePrice, idOf } from "../billing/price-amounts.js";
import { currentPeriodEnd } from "../billing/subscription.js";
import { formatDate } from "../calendar.js";
import { formatMoney } from "../money.js";
import type { PortalPageView } from "../pages/portal-view.js";
import { merchantName } from "../resources/account.js";
import { defaultConfiguration } from "../resources/portal-configurations.js";
import { offersDetails, offersFor, reasonNotToPause } from "../resources/portal-offers.js";
import { waitingChange } from "../resources/portal-schedule.js";
import type { World } from "../world.js";

/** A portal session's customer as the portal shows them. */
export function portalView(world: World, session: Stripe.BillingPortal.Session): PortalPageView {
  const customer = world.tables.customer.find(session.customer);
  const subscription = shownSubscription(world, session);
  const configuration = configurationOf(world, session);
  const { features } = configuration;
  const pausing = features.subscription_pause.enabled;
  const { cancellation_reason: reason } = features.subscription_cancel;
  return {
    merchantName,
    email: customer?.email ?? null,
    returnUrl: session.return_url ?? "/",
    message: null,
    subscription: subscription ? subscriptionView(world, subscription) : null,
    paymentMethod: paymentMethodView(world, subscription, customer),
    invoices: features.invoice_history.enabled ? invoiceViews(world, session.customer) : [],
    canCancel: features.subscription_cancel.enabled && subscription !== undefined && subscription.cancel_at === null,
    canUpdate: subscription !== undefined && offersFor(world, configuration, subscription).length > 0,
    canPause: pausing && subscription !== undefined && reasonNotToPause(world, subscription) === null,
    canUnpause: pausing && subscription?.status === "paused",
    canUpdateCard: features.payment_method_update.enabled,
    canUpdateDetails: offersDetails(configuration),
    cancelReasons: reason.enabled ? reason.options : [],
    confirmCancel: false,
  };
}

/** The one that the flow is about, or else the newest that has not ended. */
export function shownSubscription(
  world: World,
  session: Stripe.BillingPortal.Session,
): Stripe.Subscription | undefined {
  const running = world.tables.subscription
    .newestFirst()
    .filter(({ customer, ended_at }) => idOf(customer) === session.customer && ended_at === null);
  const { flow } = session;
  const named =
    flow?.subscription_cancel ??
    flow?.subscription_pause ??
    flow?.subscription_update ??
    flow?.subscription_update_confirm;
  const wanted = named?.subscription;
  return wanted === undefined ? running[0] : running.find(({ id }) => id === wanted);
}

export function configurationOf(
  world: World,
  session: Stripe.BillingPortal.Session,
): Stripe.BillingPortal.Configuration {
  return world.tables["billing_portal.configuration"].find(idOf(session.configuration)) ?? defaultConfiguration(world);
}

function subscriptionView(world: World, subscription: Stripe.Subscription): PortalPageView["subscription"] {
  const [item] = subscription.items.data;
  const price = item && (world.tables.price.find(item.price.id) ?? item.price);
  const product = price && world.tables.product.find(idOf(price.product));
  const [unit = "", interval = "month"] = price ? describePrice(price, subscription.currency).split(" / ") : [];
  const quantity = item?.quantity ?? 1;
  const { currency } = subscription;
  const endsOn = subscription.cancel_at === null ? null : formatDate(subscription.cancel_at);
  return {
    id: subscription.id,
    productName: product?.name ?? "Subscription",
    amount: price ? formatMoney(priceOf({ items: [{ price, quantity }], currency }), currency) : "",
    seats: quantity > 1 ? `${quantity} × ${unit}` : null,
    interval,
    status: subscription.status,
    renewsOn: endsOn === null && subscription.status !== "paused" ? formatDate(currentPeriodEnd(subscription)) : null,
    changesTo: changeView(world, subscription),
    endsOn,
  };
}

function changeView(world: World, subscription: Stripe.Subscription) {
  const waiting = waitingChange(world, subscription);
  const price = waiting && world.tables.price.find(waiting.price);
  if (!waiting || !price) return null;
  return {
    plan: planWords(world, price, waiting.quantity, subscription.currency),
    on: formatDate(waiting.from),
  };
}

/** "3 × Professional, $29.99 / month" */
export function planWords(world: World, price: Stripe.Price, quantity: number, currency: string): string {
  const times = quantity === 1 ? "" : `${quantity} × `;
  return `${times}${planName(world, price)}, ${describePrice(price, currency)}`;
}

export function planName(world: World, price: Stripe.Price): string {
  const product = world.tables.product.find(idOf(price.product))?.name ?? "Subscription";
  return price.nickname === null ? product : `${product} (${price.nickname})`;
}

function paymentMethodView(
  world: World,
  subscription: Stripe.Subscription | undefined,
  customer: Stripe.Customer | undefined,
): PortalPageView["paymentMethod"] {
  const reference = subscription?.default_payment_method ?? customer?.invoice_settings.default_payment_method ?? null;
  const card = reference === null ? undefined : world.tables.payment_method.find(idOf(reference))?.card;
  if (!card) return null;
  const expiry = `${String(card.exp_month).padStart(2, "0")}/${String(card.exp_year).slice(-2)}`;
  return { brand: card.brand, last4: card.last4, expiry };
}

function invoiceViews(world: World, customer: string): PortalPageView["invoices"] {
  return world.tables.invoice
    .newestFirst()
    .filter((invoice) => invoice.customer !== null && idOf(invoice.customer) === customer && invoice.status !== "draft")
    .map((invoice) => ({
      id: invoice.id,
      number: invoice.number,
      date: formatDate(invoice.created),
      amount: formatMoney(invoice.total, invoice.currency),
      status: invoice.status ?? "open",
      url: invoice.hosted_invoice_url ?? null,
    }));
}
