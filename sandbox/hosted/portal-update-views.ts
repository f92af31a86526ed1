import type Stripe from "stripe";
import { amountFor, describePrice } from "../billing/price-amounts.js";
import { formatDate } from "../calendar.js";
import { formatMoney, sum } from "../money.js";
import { humanize } from "../pages/components.js";
import type { PortalConfirmView, PortalUpdateView } from "../pages/portal-update-view.js";
import { offersFor } from "../resources/portal-offers.js";
import { nowInSeconds, type World } from "../world.js";
import { type PortalChange, type PortalChoice, renewalAfter } from "./portal-change.js";
import { configurationOf, planName, planWords, portalView, shownSubscription } from "./portal-view.js";

type Session = Stripe.BillingPortal.Session;

/** What the subscription can be changed to, with what was chosen before, if anything was. */
export function updateView(
  world: World,
  session: Session,
  choice: PortalChoice | null,
  message: string | null,
): PortalUpdateView {
  const { merchantName, returnUrl } = portalView(world, session);
  const subscription = shownSubscription(world, session);
  const configuration = configurationOf(world, session);
  const item = subscription?.items.data[0];
  const offers = subscription ? offersFor(world, configuration, subscription) : [];
  const allowed = configuration.features.subscription_update.default_allowed_updates;
  const ranges = offers.flatMap(({ quantities }) => (quantities === null ? [] : [quantities]));
  const maxima = ranges.flatMap(({ maximum }) => (maximum === null ? [] : [maximum]));
  const quantity = {
    value: choice?.quantity ?? String(item?.quantity ?? 1),
    minimum: Math.min(...ranges.map(({ minimum }) => minimum)),
    maximum: maxima.length < ranges.length ? null : Math.max(...maxima),
  };
  return {
    merchantName,
    returnUrl,
    message,
    offers: offers.map(({ price }) => ({
      price: price.id,
      name: planName(world, price),
      amount: describePrice(price, subscription?.currency ?? price.currency),
      isCurrent: price.id === item?.price.id,
      isChosen: price.id === (choice?.price ?? item?.price.id),
    })),
    quantity: ranges.length > 0 ? quantity : null,
    promotionCode: allowed.includes("promotion_code") ? (choice?.promotion_code ?? "") : null,
  };
}

/** A change and the invoice it leads to. */
export function confirmView(
  world: World,
  session: Session,
  { change, choice, preview }: { change: PortalChange; choice: PortalChoice; preview: Stripe.Invoice | null },
  message: string | null,
): PortalConfirmView {
  const { subscription, item, price, quantity, prorationDate } = change;
  const { merchantName, returnUrl, paymentMethod } = portalView(world, session);
  const { currency } = subscription;
  return {
    merchantName,
    returnUrl,
    message,
    from: planWords(world, item.price, item.quantity ?? 1, currency),
    to: planWords(world, price, quantity, currency),
    promotion: promotionOf(world, change, choice),
    invoice: preview && invoiceOf(world, preview),
    recurring: recurringOf(world, change, preview),
    card: paymentMethod && `${humanize(paymentMethod.brand)} •••• ${paymentMethod.last4}`,
    backAction: session.flow?.subscription_update_confirm ? "back" : "update",
    choice: { ...choice, quantity: String(quantity), proration_date: String(prorationDate) },
  };
}

function invoiceOf(world: World, preview: Stripe.Invoice): PortalConfirmView["invoice"] {
  const money = (amount: number) => formatMoney(amount, preview.currency);
  const isDueNow = preview.created <= nowInSeconds(world);
  const off = takenOff(preview);
  return {
    title: isDueNow ? "Total due today" : `Total due on ${formatDate(preview.created)}`,
    lines: preview.lines.data.map(({ amount, description }) => ({
      description: description ?? "",
      amount: money(amount),
    })),
    discounts: off > 0 ? money(-off) : null,
    balance: preview.total === preview.amount_due ? null : money(preview.amount_due - preview.total),
    total: money(preview.amount_due),
  };
}

/** A coupon may take nothing off yet, so that it is worth saying that it was taken. */
function promotionOf(world: World, { discounts }: PortalChange, { promotion_code }: PortalChoice): string | null {
  const [discount] = discounts ?? [];
  if (!discount) return null;
  if (promotion_code !== "") return promotion_code.trim().toUpperCase();
  const { coupon, promotion_code: code } = discount;
  if (coupon !== undefined) return world.tables.coupon.find(coupon)?.name ?? coupon;
  return world.tables.promotion_code.find(code ?? "")?.code ?? null;
}

function takenOff({ total_discount_amounts }: Stripe.Invoice): number {
  return sum((total_discount_amounts ?? []).map(({ amount }) => amount));
}

function recurringOf(world: World, change: PortalChange, preview: Stripe.Invoice | null): string {
  const { discounts, kind, price, quantity, subscription } = change;
  const amount = everyTime(price, quantity, subscription.currency);
  const date = formatDate(renewalAfter(world, change));
  const isDiscounted = (discounts ?? subscription.discounts).length > 0 || (preview !== null && takenOff(preview) > 0);
  const less = isDiscounted ? ", less discounts" : "";
  if (kind === "later") return `Nothing is due today. From ${date} you pay ${amount}${less}.`;
  if (kind === "taken back") return `Nothing is due today. You go on paying ${amount}${less}, next on ${date}.`;
  return `You pay ${amount}${less}, next on ${date}.`;
}

function everyTime(price: Stripe.Price, quantity: number, currency: string): string {
  const { interval = "month", interval_count = 1 } = price.recurring ?? {};
  const amount = formatMoney(amountFor(price, currency, quantity), currency);
  return `${amount} ${interval_count === 1 ? `per ${interval}` : `every ${interval_count} ${interval}s`}`;
}
