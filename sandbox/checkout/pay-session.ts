import type Stripe from "stripe";
import { authenticationFailed } from "../billing/declines.js";
import { buildPaymentIntent, failed } from "../billing/payment-intent.js";
import { buildCard, cardBehind } from "../billing/payment-method.js";
import { needsAuthentication, type Presence, tryPayment } from "../billing/try-payment.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { amountDueOf } from "./amount-due.js";
import type { CardForm } from "./card-form.js";
import { completePayment, hasCustomer } from "./complete-payment.js";
import { type Completion, completeSession } from "./complete-session.js";
import { completeSetup } from "./complete-setup.js";
import { type CheckoutPlan, orderOf, planOf } from "./plan.js";

/** What came of pressing "Subscribe". */
export type PayResult =
  | { kind: "paid"; session: Stripe.Checkout.Session }
  | { kind: "closed" }
  | { kind: "authenticate"; last4: string }
  | { kind: "declined"; message: string };

/**
 * Pays an open session with a card.
 *
 * Runs from start to end without giving way, so of two posts at once the second finds the session complete.
 */
export function paySession(world: World, session: Stripe.Checkout.Session, form: CardForm): PayResult {
  const refused = refusedAtOnce(world, session);
  if (refused) return refused;
  const { email } = session.customer_details ?? { email: session.customer_email };
  const holder = { name: form.name, email, exp_month: form.expMonth, exp_year: form.expYear };
  const method = world.tables.payment_method.put(buildCard(world, form.card, holder));
  return attemptPayment(world, session, method, "on_session");
}

/** Completes an open session that asks for no card, as nothing is due. */
export function completeWithoutCard(world: World, session: Stripe.Checkout.Session): PayResult {
  const refused = refusedAtOnce(world, session);
  if (refused) return refused;
  const plan = planOf(world, session);
  const completion = { plan, order: orderOf(world, plan), method: null, payment: null, created: null };
  return { kind: "paid", session: completeSession(world, session, completion) };
}

/** Pays an open session with a card that is on record, as the page's own script would. */
export function payWithMethod(world: World, session: Stripe.Checkout.Session, method: Stripe.PaymentMethod): PayResult {
  return session.status === "open" ? attemptPayment(world, session, method, "on_session") : { kind: "closed" };
}

function refusedAtOnce(world: World, session: Stripe.Checkout.Session): PayResult | null {
  if (session.status !== "open") return { kind: "closed" };
  if (!world.deletedCustomers.has(planOf(world, session).customer)) return null;
  return { kind: "declined", message: "This customer no longer exists, so nothing can be paid here." };
}

/** Goes on after the bank's question. */
export function finishAuthentication(
  world: World,
  session: Stripe.Checkout.Session,
  answer: "authorize" | "fail",
): PayResult {
  const plan = planOf(world, session);
  const { paymentMethod, paymentIntent, isAwaitingAuthentication } = plan.attempt;
  const method = paymentMethod === null ? undefined : world.tables.payment_method.find(paymentMethod);
  if (session.status !== "open" || !isAwaitingAuthentication || !method) return { kind: "closed" };
  setAttempt(world, session, plan, { ...plan.attempt, isAwaitingAuthentication: false });
  if (answer === "authorize") return attemptPayment(world, session, method, "authenticated");

  const intent = paymentIntent === null ? undefined : world.tables.payment_intent.find(paymentIntent);
  if (intent) {
    const refused = world.tables.payment_intent.put(failed(intent, method, authenticationFailed));
    recordEvent(world, "payment_intent.payment_failed", refused);
  }
  return { kind: "declined", message: authenticationFailed.message };
}

function attemptPayment(
  world: World,
  session: Stripe.Checkout.Session,
  method: Stripe.PaymentMethod,
  presence: Presence,
): PayResult {
  const plan = planOf(world, session);
  const order = orderOf(world, plan);
  const { due } = amountDueOf(world, session, plan);
  const authenticate = { kind: "authenticate", last4: method.card?.last4 ?? "" } as const;
  if (due === 0) {
    // Nothing is charged, but the card is still checked and saved.
    const decline = cardBehind(method)?.attaches === false ? cardBehind(method)?.decline : null;
    if (decline) return { kind: "declined", message: decline.message };
    if (needsAuthentication(world, method, presence)) {
      setAttempt(world, session, plan, {
        paymentIntent: null,
        paymentMethod: method.id,
        isAwaitingAuthentication: true,
      });
      return authenticate;
    }
    return {
      kind: "paid",
      session: complete(world, session, { plan, order, method, payment: null, created: null }),
    };
  }

  const earlier =
    plan.attempt.paymentIntent === null ? undefined : world.tables.payment_intent.find(plan.attempt.paymentIntent);
  const intent = earlier ? { ...earlier, amount: due } : intentOf(world, session, plan, due);
  const payment = tryPayment(world, intent, method, presence);
  const created = earlier ? null : intent;
  if (payment.kind === "succeeded") {
    return { kind: "paid", session: complete(world, session, { plan, order, method, payment, created }) };
  }

  const isAwaitingAuthentication = payment.kind === "requires_action";
  setAttempt(world, session, plan, { paymentIntent: intent.id, paymentMethod: method.id, isAwaitingAuthentication });
  if (created) recordEvent(world, "payment_intent.created", created);
  if (payment.kind === "requires_action") {
    recordEvent(world, "payment_intent.requires_action", payment.intent);
    return authenticate;
  }
  recordEvent(world, "payment_intent.payment_failed", payment.intent);
  return { kind: "declined", message: payment.decline.message };
}

/** What is bought says whether the card is kept for later, and whether there has to be a customer. */
function intentOf(
  world: World,
  session: Stripe.Checkout.Session,
  plan: CheckoutPlan,
  amount: number,
): Stripe.PaymentIntent {
  const { currency } = plan;
  if (session.mode === "subscription") {
    return buildPaymentIntent(world, {
      amount,
      currency,
      customer: plan.customer,
      description: "Subscription creation",
    });
  }
  const customer = hasCustomer(session) ? plan.customer : null;
  const built = buildPaymentIntent(world, { amount, currency, customer, description: null });
  return { ...built, ...plan.payment, capture_method: "automatic_async", setup_future_usage: null };
}

function complete(world: World, session: Stripe.Checkout.Session, completion: Completion): Stripe.Checkout.Session {
  if (session.mode === "payment") return completePayment(world, session, completion);
  return session.mode === "setup"
    ? completeSetup(world, session, completion)
    : completeSession(world, session, completion);
}

function setAttempt(
  world: World,
  session: Stripe.Checkout.Session,
  plan: CheckoutPlan,
  attempt: CheckoutPlan["attempt"],
): void {
  world.checkouts.set(session.id, { ...plan, attempt });
}
