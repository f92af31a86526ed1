import type Stripe from "stripe";
import { collectInvoice } from "../billing/collect-invoice.js";
import { pauseSubscription } from "../billing/pause-subscription.js";
import { idOf } from "../billing/price-amounts.js";
import { resumeSubscription } from "../billing/resume-subscription.js";
import type { PortalPageView } from "../pages/portal-view.js";
import { reasonNotToPause } from "../resources/portal-offers.js";
import { withoutWaitingChange } from "../resources/portal-schedule.js";
import type { World } from "../world.js";
import { configurationOf, shownSubscription } from "./portal-view.js";

type Session = Stripe.BillingPortal.Session;
type Message = NonNullable<PortalPageView["message"]>;

/** Pauses until it is resumed, giving unused time back, as the API does unless told otherwise. */
export function pauseInPortal(world: World, session: Session): Message {
  const shown = pausable(world, session);
  if (!shown) return { kind: "error", text: "Pausing is not offered here." };
  if (shown.status === "paused") return { kind: "success", text: "Your subscription is paused." };
  const reason = reasonNotToPause(world, shown);
  if (reason !== null) return { kind: "error", text: `This subscription cannot be paused because ${reason}.` };
  pauseSubscription(world, withoutWaitingChange(world, shown), {
    givesBack: true,
    billsUsage: true,
    isInvoiced: false,
  });
  return { kind: "success", text: "Your subscription is paused." };
}

/** Ends a pause; the new period is charged, and runs however that ends. */
export function unpauseInPortal(world: World, session: Session): Message {
  const shown = pausable(world, session);
  if (!shown) return { kind: "error", text: "Pausing is not offered here." };
  const subscription = shown.status === "paused" ? resumed(world, shown) : shown;
  if (subscription.status !== "past_due") return { kind: "success", text: "Your subscription continues." };
  return { kind: "error", text: "Your subscription continues, but its payment failed. Update your payment method." };
}

function resumed(world: World, before: Stripe.Subscription): Stripe.Subscription {
  const { latest_invoice } = resumeSubscription(world, before, "resume_on_payment_attempt");
  const invoice = latest_invoice && world.tables.invoice.find(idOf(latest_invoice));
  if (invoice && invoice.status === "open") collectInvoice(world, invoice);
  return world.tables.subscription.find(before.id) ?? before;
}

function pausable(world: World, session: Session): Stripe.Subscription | undefined {
  const { enabled } = configurationOf(world, session).features.subscription_pause;
  return enabled ? shownSubscription(world, session) : undefined;
}
