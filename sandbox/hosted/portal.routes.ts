import type { FastifyInstance, FastifyReply } from "fastify";
import type Stripe from "stripe";
import { endSubscription } from "../billing/end-subscription.js";
import { renderClosedCheckoutPage } from "../pages/checkout-steps.js";
import { renderPortalPage } from "../pages/portal-page.js";
import type { PortalPageView } from "../pages/portal-view.js";
import { merchantName } from "../resources/account.js";
import { applyCancelAt } from "../resources/subscription-changes.js";
import type { Runtime } from "../runtime.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { configurationOf, portalView, shownSubscription } from "./portal-view.js";
import { fieldOf, sendPage } from "./send-page.js";

interface Params {
  token: string;
}

const openForSeconds = 3600;

/** The customer portal: `/p/session/bps_…`, open for an hour. */
export function registerPortalPage(app: FastifyInstance, { world }: Runtime): void {
  app.get<{ Params: Params }>("/p/session/:token", async (request, reply) => {
    const session = findOpenSession(world, request.params.token);
    if (!session) return closed(reply);
    return sendPage(reply, renderPortalPage(portalView(world, session)));
  });

  app.post<{ Params: Params }>("/p/session/:token", async (request, reply) => {
    const session = findOpenSession(world, request.params.token);
    if (!session) return closed(reply);
    const action = fieldOf(request.body, "action");
    if (action === "cancel") {
      const view = portalView(world, session);
      return sendPage(reply, renderPortalPage({ ...view, confirmCancel: view.canCancel }));
    }
    const message = act(world, session, action);
    return sendPage(reply, renderPortalPage({ ...portalView(world, session), message }));
  });
}

function act(world: World, session: Stripe.BillingPortal.Session, action: string): PortalPageView["message"] {
  const subscription = shownSubscription(world, session);
  if (!subscription) return { kind: "error", text: "There is no subscription to change." };
  if (action === "confirm_cancel") return cancel(world, session, subscription);
  if (action === "resume") return resume(world, subscription);
  return null;
}

function cancel(
  world: World,
  session: Stripe.BillingPortal.Session,
  subscription: Stripe.Subscription,
): PortalPageView["message"] {
  const { subscription_cancel } = configurationOf(world, session).features;
  if (!subscription_cancel.enabled) return { kind: "error", text: "Cancelling is not offered here." };
  if (subscription.cancel_at !== null) return { kind: "success", text: "Your subscription is set to end already." };
  if (subscription_cancel.mode === "immediately") {
    const details = { comment: null, feedback: null, feedback_option: null, reason: "cancellation_requested" } as const;
    endSubscription(world, subscription, details);
    return { kind: "success", text: "Your subscription has been canceled." };
  }
  const after = world.tables.subscription.put(applyCancelAt(world, subscription, { cancel_at_period_end: true }));
  recordEvent(world, "customer.subscription.updated", after, subscription);
  return { kind: "success", text: "Your subscription will end when the period you have paid for is over." };
}

function resume(world: World, subscription: Stripe.Subscription): PortalPageView["message"] {
  if (subscription.cancel_at === null) return { kind: "success", text: "Your subscription continues." };
  const after = world.tables.subscription.put(applyCancelAt(world, subscription, { cancel_at_period_end: false }));
  recordEvent(world, "customer.subscription.updated", after, subscription);
  return { kind: "success", text: "Your subscription continues." };
}

function findOpenSession(world: World, token: string): Stripe.BillingPortal.Session | undefined {
  return world.tables["billing_portal.session"]
    .newestFirst()
    .filter((session) => session.url.endsWith(`/p/session/${token}`))
    .find((session) => session.created + openForSeconds > nowInSeconds(world));
}

function closed(reply: FastifyReply): FastifyReply {
  const view = {
    merchantName,
    title: "This link has expired",
    message: "Go back to where you came from and open the customer portal again.",
    backUrl: null,
  };
  return sendPage(reply, renderClosedCheckoutPage(view), 410);
}
