import type { FastifyInstance, FastifyReply } from "fastify";
import type Stripe from "stripe";
import { StripeRefusal } from "../api/errors.js";
import { couponFor } from "../billing/discounts.js";
import { purchaseOf } from "../billing/order.js";
import { asksForCard } from "../checkout/amount-due.js";
import { readCardForm } from "../checkout/card-form.js";
import { completeWithoutCard, finishAuthentication, type PayResult, paySession } from "../checkout/pay-session.js";
import { orderOf, planOf } from "../checkout/plan.js";
import { putSessionWithPlan } from "../checkout/session-amounts.js";
import { formatMoney } from "../money.js";
import { renderCheckoutPage } from "../pages/checkout-page.js";
import { renderThreeDSecurePage } from "../pages/checkout-steps.js";
import { merchantName } from "../resources/account.js";
import { findPromotionCode } from "../resources/promotion-codes.js";
import type { Runtime } from "../runtime.js";
import type { World } from "../world.js";
import { type CheckoutForm, checkoutView, renderClosed } from "./checkout-view.js";
import { fieldOf, sendPage } from "./send-page.js";

interface Params {
  sessionId: string;
}

/** Stripe's hosted checkout: `/c/pay/cs_test_…`. */
export function registerCheckoutPage(app: FastifyInstance, { world }: Runtime): void {
  app.get<{ Params: Params }>("/c/pay/:sessionId", async (request, reply) => {
    const session = findSession(world, request.params.sessionId);
    if (session?.status !== "open") return sendPage(reply, renderClosed(session), session ? 200 : 404);
    return sendPage(reply, renderCheckoutPage(checkoutView(world, session, emptyForm)));
  });

  app.post<{ Params: Params }>("/c/pay/:sessionId", async (request, reply) => {
    const session = findSession(world, request.params.sessionId);
    if (session?.status !== "open") return sendPage(reply, renderClosed(session), session ? 200 : 404);
    const action = fieldOf(request.body, "action") || "pay";
    if (action === "cancel") return leave(reply, session);
    if (action === "authorize" || action === "fail") {
      return answer(world, reply, session, emptyForm, finishAuthentication(world, session, action));
    }

    const form = readForm(request.body);
    const discounted = applyPromotionCode(world, session, form.values.promotion_code);
    if (!discounted) {
      form.errors.push({ field: "promotion_code", message: "This code is invalid." });
      return sendPage(reply, renderCheckoutPage(checkoutView(world, session, form)));
    }
    if (action === "apply") return sendPage(reply, renderCheckoutPage(checkoutView(world, discounted, form)));
    if (!asksForCard(world, discounted)) {
      return answer(world, reply, discounted, form, completeWithoutCard(world, discounted));
    }

    const typed = {
      number: fieldOf(request.body, "number"),
      expiry: fieldOf(request.body, "expiry"),
      cvc: fieldOf(request.body, "cvc"),
      name: form.values.name,
    };
    const card = readCardForm(typed, world.clock.now());
    if (!card.ok) {
      form.errors.push(...card.faults);
      return sendPage(reply, renderCheckoutPage(checkoutView(world, discounted, form)));
    }
    return answer(world, reply, discounted, form, paySession(world, discounted, card.form));
  });
}

const emptyForm: CheckoutForm = { values: { name: "", promotion_code: "" }, errors: [] };

function readForm(body: unknown): CheckoutForm {
  return { values: { name: fieldOf(body, "name"), promotion_code: fieldOf(body, "promotion_code") }, errors: [] };
}

function answer(
  world: World,
  reply: FastifyReply,
  session: Stripe.Checkout.Session,
  form: CheckoutForm,
  result: PayResult,
): FastifyReply {
  if (result.kind === "paid") return reply.redirect(successUrl(result.session), 303);
  if (result.kind === "authenticate") {
    const amount = formatMoney(session.amount_total ?? 0, session.currency ?? "usd");
    const view = { sessionId: session.id, merchantName, amount, last4: result.last4, error: null };
    return sendPage(reply, renderThreeDSecurePage(view));
  }
  const now = findSession(world, session.id);
  if (result.kind === "closed" && now?.status !== "open") return sendPage(reply, renderClosed(now));
  // Answering a question the bank no longer asks only brings the form back.
  const errors = result.kind === "declined" ? [{ field: null, message: result.message }] : [];
  return sendPage(
    reply,
    renderCheckoutPage(checkoutView(world, session, { ...form, errors })),
    errors.length > 0 ? 402 : 200,
  );
}

function leave(reply: FastifyReply, session: Stripe.Checkout.Session): FastifyReply {
  if (session.cancel_url === null) return reply.redirect(`/c/pay/${session.id}`, 303);
  return reply.redirect(session.cancel_url, 303);
}

function successUrl(session: Stripe.Checkout.Session): string {
  return (session.success_url ?? "/").replaceAll("{CHECKOUT_SESSION_ID}", session.id);
}

/** The session with the code's discount, as it was if no code was typed, or null if the code is no good. */
function applyPromotionCode(
  world: World,
  session: Stripe.Checkout.Session,
  typed: string,
): Stripe.Checkout.Session | null {
  const plan = planOf(world, session);
  if (typed.trim() === "" || !session.allow_promotion_codes) return session;
  const code = findPromotionCode(world, typed, plan.customer);
  if (!code) return null;
  const purchase = purchaseOf(orderOf(world, plan), plan.customer);
  try {
    const coupon = couponFor(world, code, purchase);
    return putSessionWithPlan(world, session, { ...plan, coupon: coupon.id, promotionCode: code.id });
  } catch (error) {
    if (error instanceof StripeRefusal) return null;
    throw error;
  }
}

function findSession(world: World, id: string): Stripe.Checkout.Session | undefined {
  return world.tables["checkout.session"].find(id);
}
