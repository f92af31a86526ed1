import type { FastifyInstance } from "fastify";
import type Stripe from "stripe";
import { StripeRefusal } from "../api/errors.js";
import { answerBank } from "../billing/answer-bank.js";
import { formatMoney } from "../money.js";
import { renderClosedCheckoutPage, renderThreeDSecurePage } from "../pages/checkout-steps.js";
import { merchantName } from "../resources/account.js";
import type { Runtime } from "../runtime.js";
import type { World } from "../world.js";
import { fieldOf, sendPage } from "./send-page.js";

interface Route {
  Params: { intentId: string };
  Querystring: { client_secret?: string };
}

type Intent = Stripe.PaymentIntent | Stripe.SetupIntent;

/** The bank's 3-D Secure page of an intent confirmed over the API: `/3d_secure/pi_…?client_secret=…`. */
export function registerAuthenticationPage(app: FastifyInstance, { world }: Runtime): void {
  app.get<Route>("/3d_secure/:intentId", async (request, reply) => {
    const intent = findIntent(world, request.params.intentId, request.query.client_secret);
    if (!intent) return sendPage(reply, closedPage("This payment is unknown."), 404);
    if (intent.status !== "requires_action")
      return sendPage(reply, closedPage("There is nothing to confirm any more."));
    return sendPage(reply, renderThreeDSecurePage(questionView(world, intent)));
  });

  app.post<Route>("/3d_secure/:intentId", async (request, reply) => {
    const intent = findIntent(world, request.params.intentId, request.query.client_secret);
    if (!intent) return sendPage(reply, closedPage("This payment is unknown."), 404);
    const action = fieldOf(request.body, "action");
    const isAnswer = action === "authorize" || action === "fail";
    if (intent.status !== "requires_action" || !isAnswer) return reply.redirect(request.url, 303);
    const returnUrl = intent.next_action?.redirect_to_url?.return_url ?? null;
    const answered = answerAndForgive(world, intent, action);
    if (returnUrl === null) return sendPage(reply, closedPage("You can close this page."));
    return reply.redirect(addressBack(returnUrl, answered), 303);
  });
}

/** A card that is declined after the question leads back as well; the intent says what happened. */
function answerAndForgive(world: World, intent: Intent, action: "authorize" | "fail"): Intent {
  try {
    return answerBank(world, intent, action);
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error;
    return findIntent(world, intent.id, intent.client_secret ?? "") ?? intent;
  }
}

/** https://docs.stripe.com/payments/accept-a-payment: the intent, its secret and how it went are added to the address. */
function addressBack(returnUrl: string, intent: Intent): string {
  const url = new URL(returnUrl);
  url.searchParams.set(intent.object, intent.id);
  url.searchParams.set(`${intent.object}_client_secret`, intent.client_secret ?? "");
  const isFailed = intent.status === "requires_payment_method";
  url.searchParams.set("redirect_status", isFailed ? "failed" : "succeeded");
  return url.href;
}

function questionView(world: World, intent: Intent) {
  const method =
    typeof intent.payment_method === "string" ? world.tables.payment_method.find(intent.payment_method) : null;
  const amount = intent.object === "payment_intent" ? formatMoney(intent.amount, intent.currency) : "Nothing now";
  return { sessionId: intent.id, merchantName, amount, last4: method?.card?.last4 ?? "", error: null };
}

function closedPage(message: string): string {
  return renderClosedCheckoutPage({ merchantName, title: "3-D Secure test bank", message, backUrl: null });
}

/** Only whoever has the secret may see or answer the question. */
function findIntent({ tables }: World, id: string, secret: string | undefined): Intent | undefined {
  const intent = tables.payment_intent.find(id) ?? tables.setup_intent.find(id);
  return intent?.client_secret === secret ? intent : undefined;
}
