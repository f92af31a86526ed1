import type { FastifyReply } from "fastify";
import type Stripe from "stripe";
import { renderClosedCheckoutPage } from "../pages/checkout-steps.js";
import { renderPortalDetailsPage } from "../pages/portal-details-page.js";
import { renderPortalCancelPage, renderPortalCardPage } from "../pages/portal-flow-pages.js";
import { renderPortalPage } from "../pages/portal-page.js";
import { renderPortalPausePage } from "../pages/portal-pause-page.js";
import type { PortalPageView } from "../pages/portal-view.js";
import { merchantName } from "../resources/account.js";
import type { World } from "../world.js";
import { detailsView } from "./portal-details.js";
import { choiceOf, offerStep, reviewStep, type UpdateStep } from "./portal-update-steps.js";
import { portalView } from "./portal-view.js";
import { sendPage } from "./send-page.js";

type Session = Stripe.BillingPortal.Session;
type Message = PortalPageView["message"];

export const emptyCardForm = { values: { name: "" }, errors: [] };

/** The home page, or the first page of the flow. */
export function showPortal(world: World, reply: FastifyReply, session: Session, message: Message = null): FastifyReply {
  const view = { ...portalView(world, session), message };
  switch (session.flow?.type) {
    case "payment_method_update":
      return sendPage(reply, renderPortalCardPage(view, emptyCardForm));
    case "customer_update":
      return sendPage(reply, renderPortalDetailsPage(detailsView(world, session)));
    case "subscription_cancel":
      return sendPage(reply, renderPortalCancelPage(view));
    case "subscription_pause":
      return sendPage(reply, renderPortalPausePage(view));
    case "subscription_update":
      return answerStep(world, reply, session, offerStep(world, session, { choice: null, message: null, status: 200 }));
    case "subscription_update_confirm":
      return answerStep(world, reply, session, reviewStep(world, session, choiceOf(session, {})));
    default:
      return sendPage(reply, renderPortalPage(view));
  }
}

export function answerStep(world: World, reply: FastifyReply, session: Session, step: UpdateStep): FastifyReply {
  if (step.kind === "page") return sendPage(reply, step.page, step.status);
  return answerDone(world, reply, session, { kind: "success", text: step.text });
}

/** Where a flow leads once it is done; without one the home page says what happened. */
export function answerDone(world: World, reply: FastifyReply, session: Session, message: Message): FastifyReply {
  const { flow } = session;
  if (!flow || message?.kind === "error") return showPortal(world, reply, session, message);
  const { redirect, hosted_confirmation, type } = flow.after_completion;
  if (redirect) return reply.redirect(redirect.return_url, 303);
  if (type === "hosted_confirmation") {
    const text = hosted_confirmation?.custom_message ?? message?.text ?? "";
    return sendPage(
      reply,
      renderClosedCheckoutPage({ merchantName, title: "Done", message: text, backUrl: session.return_url }),
    );
  }
  world.tables["billing_portal.session"].put({ ...session, flow: null });
  return reply.redirect(session.url, 303);
}
