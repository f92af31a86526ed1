import type Stripe from "stripe";
import { cancelNow } from "../billing/cancel-subscription.js";
import { buildCard, cardBehind } from "../billing/payment-method.js";
import { scheduleOf } from "../billing/schedule-of.js";
import type { CardForm } from "../checkout/card-form.js";
import type { PortalPageView } from "../pages/portal-view.js";
import { withoutWaitingChange } from "../resources/portal-schedule.js";
import { applyCancelAt } from "../resources/subscription-changes.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { configurationOf, shownSubscription } from "./portal-view.js";

type Message = PortalPageView["message"];
type Feedback = NonNullable<Stripe.Subscription.CancellationDetails["feedback"]>;

/** Ends the subscription as the configuration says, with the reason that was chosen. */
export function cancelInPortal(world: World, session: Stripe.BillingPortal.Session, feedback: string): Message {
  const shown = shownSubscription(world, session);
  if (!shown) return { kind: "error", text: "There is no subscription to change." };
  const { subscription_cancel } = configurationOf(world, session).features;
  if (!subscription_cancel.enabled) return { kind: "error", text: "Cancelling is not offered here." };
  if (shown.cancel_at !== null) return { kind: "success", text: "Your subscription is set to end already." };
  const subscription = withoutWaitingChange(world, shown);
  const { enabled, options } = subscription_cancel.cancellation_reason;
  const reason = enabled ? options.find((option) => option === feedback) : undefined;
  if (subscription_cancel.mode === "immediately") {
    const prorate = subscription_cancel.proration_behavior === "create_prorations";
    cancelNow(world, subscription, detailsWith(reason ?? null), { prorate, invoiceNow: false });
    return { kind: "success", text: "Your subscription has been canceled." };
  }
  if (scheduleOf(world, subscription)) return { kind: "error", text: "This subscription's changes are scheduled." };
  const ending = applyCancelAt(world, subscription, { cancel_at_period_end: true });
  const after = world.tables.subscription.put({ ...ending, cancellation_details: detailsWith(reason ?? null) });
  recordEvent(world, "customer.subscription.updated", after, subscription);
  return { kind: "success", text: "Your subscription will end when the period you have paid for is over." };
}

function detailsWith(feedback: Feedback | null): Stripe.Subscription.CancellationDetails {
  return { comment: null, feedback, feedback_option: null, reason: "cancellation_requested" };
}

/** Takes a cancellation back. */
export function resumeInPortal(world: World, session: Stripe.BillingPortal.Session): Message {
  const subscription = shownSubscription(world, session);
  if (!subscription) return { kind: "error", text: "There is no subscription to change." };
  if (scheduleOf(world, subscription)) return { kind: "error", text: "This subscription's changes are scheduled." };
  if (subscription.cancel_at !== null) {
    const after = world.tables.subscription.put(applyCancelAt(world, subscription, { cancel_at_period_end: false }));
    recordEvent(world, "customer.subscription.updated", after, subscription);
  }
  return { kind: "success", text: "Your subscription continues." };
}

/**
 * Saves a card and makes it the customer's own; gives the bank's refusal if it refuses already here.
 *
 * A subscription with a card of its own keeps that one, for only the customer's default is documented to
 * change: https://docs.stripe.com/customer-management/portal-deep-links
 */
export function saveCardInPortal(
  world: World,
  session: Stripe.BillingPortal.Session,
  form: CardForm,
): { decline: string | null } {
  const customer = world.tables.customer.find(session.customer);
  if (!customer) return { decline: "This customer no longer exists, so no card can be saved here." };
  const holder = { name: form.name, email: customer.email, exp_month: form.expMonth, exp_year: form.expYear };
  const card = buildCard(world, form.card, holder);
  const behind = cardBehind(card);
  if (behind?.decline && !behind.attaches) return { decline: behind.decline.message };
  const method = world.tables.payment_method.put({ ...card, customer: customer.id });
  const invoice_settings = { ...customer.invoice_settings, default_payment_method: method.id };
  const after = world.tables.customer.put({ ...customer, invoice_settings });
  recordEvent(world, "payment_method.attached", method);
  recordEvent(world, "customer.updated", after, customer);
  return { decline: null };
}
