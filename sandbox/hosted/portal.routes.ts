import type { FastifyInstance, FastifyReply } from "fastify";
import type Stripe from "stripe";
import { readCardForm } from "../checkout/card-form.js";
import { renderClosedCheckoutPage } from "../pages/checkout-steps.js";
import { renderPortalDetailsPage } from "../pages/portal-details-page.js";
import { renderPortalCardPage } from "../pages/portal-flow-pages.js";
import { renderPortalPage } from "../pages/portal-page.js";
import { renderPortalPausePage } from "../pages/portal-pause-page.js";
import { merchantName } from "../resources/account.js";
import type { Runtime } from "../runtime.js";
import { nowInSeconds, type World } from "../world.js";
import { cancelInPortal, resumeInPortal, saveCardInPortal } from "./portal-actions.js";
import { answerDone, answerStep, emptyCardForm, showPortal } from "./portal-answers.js";
import { detailsView, saveDetails } from "./portal-details.js";
import { pauseInPortal, unpauseInPortal } from "./portal-pause.js";
import { choiceOf, confirmStep, offerStep, reviewStep } from "./portal-update-steps.js";
import { portalView } from "./portal-view.js";
import { fieldOf, sendPage } from "./send-page.js";

interface Params {
  token: string;
}

type Session = Stripe.BillingPortal.Session;

const openForSeconds = 3600;

/** The customer portal: `/p/session/bps_…`, open for an hour; with a flow only the one page of it. */
export function registerPortalPage(app: FastifyInstance, { world }: Runtime): void {
  app.get<{ Params: Params }>("/p/session/:token", async (request, reply) => {
    const session = findOpenSession(world, request.params.token);
    if (!session) return closed(reply);
    return showPortal(world, reply, session);
  });

  app.post<{ Params: Params }>("/p/session/:token", async (request, reply) => {
    const session = findOpenSession(world, request.params.token);
    if (!session) return closed(reply);
    const { body } = request;
    const action = fieldOf(body, "action");
    if (action === "back" && session.flow) return reply.redirect(session.return_url ?? session.url, 303);
    if (action === "card") return sendPage(reply, renderPortalCardPage(portalView(world, session), emptyCardForm));
    if (action === "save_card") return saveCard(world, reply, session, body);
    if (action === "details") return sendPage(reply, renderPortalDetailsPage(detailsView(world, session)));
    if (action === "save_details") {
      const wrong = saveDetails(world, session, body);
      if (wrong) return sendPage(reply, renderPortalDetailsPage(wrong), 400);
      return answerDone(world, reply, session, { kind: "success", text: "Your details have been saved." });
    }
    if (action === "pause") return sendPage(reply, renderPortalPausePage(portalView(world, session)));
    if (action === "confirm_pause") return answerDone(world, reply, session, pauseInPortal(world, session));
    if (action === "unpause") return answerDone(world, reply, session, unpauseInPortal(world, session));
    if (action === "cancel") {
      const view = portalView(world, session);
      return sendPage(reply, renderPortalPage({ ...view, confirmCancel: view.canCancel }));
    }
    if (action === "confirm_cancel") {
      return answerDone(world, reply, session, cancelInPortal(world, session, fieldOf(body, "feedback")));
    }
    const choice = choiceOf(session, body);
    if (action === "update") {
      return answerStep(world, reply, session, offerStep(world, session, { choice: null, message: null, status: 200 }));
    }
    if (action === "review") return answerStep(world, reply, session, reviewStep(world, session, choice));
    if (action === "confirm_update") return answerStep(world, reply, session, confirmStep(world, session, choice));
    const message = action === "resume" ? resumeInPortal(world, session) : null;
    return showPortal(world, reply, session, message);
  });
}

function saveCard(world: World, reply: FastifyReply, session: Session, body: unknown): FastifyReply {
  const view = portalView(world, session);
  const values = { name: fieldOf(body, "name") };
  const [number, expiry, cvc] = [fieldOf(body, "number"), fieldOf(body, "expiry"), fieldOf(body, "cvc")];
  const card = readCardForm({ number, expiry, cvc, ...values }, world.clock.now());
  if (!card.ok) return sendPage(reply, renderPortalCardPage(view, { values, errors: card.faults }));
  const offered = view.canUpdateCard;
  const decline = offered
    ? saveCardInPortal(world, session, card.form).decline
    : "Changing the card is not offered here.";
  if (decline === null)
    return answerDone(world, reply, session, { kind: "success", text: "Your card has been saved." });
  return sendPage(reply, renderPortalCardPage(view, { values, errors: [{ field: null, message: decline }] }), 402);
}

function findOpenSession(world: World, token: string): Session | undefined {
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
