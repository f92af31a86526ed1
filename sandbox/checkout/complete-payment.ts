import type Stripe from "stripe";
import { applyRedemption } from "../billing/discounts.js";
import { buildCustomer } from "../resources/customers.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { type Completion, detailsOf } from "./complete-session.js";
import { redemptionOf } from "./plan.js";

/** Closes a session of one-time prices; a guest leaves no customer behind. */
export function completePayment(
  world: World,
  session: Stripe.Checkout.Session,
  { plan, method, payment, created }: Completion,
): Stripe.Checkout.Session {
  const { tables } = world;
  const existing = tables.customer.find(plan.customer) ?? null;
  const { name } = method.billing_details;
  const email = existing?.email ?? session.customer_email ?? method.billing_details.email;
  const isNew = !existing && hasCustomer(session);
  const customer = isNew ? tables.customer.put(buildCustomer(world, { id: plan.customer, email, name })) : existing;
  const redemption = redemptionOf(world, plan);
  if (redemption)
    applyRedemption(world, redemption, {
      customer: plan.customer,
      subscription: null,
      checkoutSession: session.id,
      invoice: null,
    });
  const completed = tables["checkout.session"].put({
    ...session,
    customer: customer?.id ?? null,
    customer_details: { ...detailsOf(session, customer), email, name },
    payment_intent: payment?.intent.id ?? null,
    payment_status: payment ? "paid" : "no_payment_required",
    status: "complete",
    url: null,
  });
  if (isNew && customer) recordEvent(world, "customer.created", customer);
  if (payment) recordEvent(world, "payment_intent.succeeded", payment.intent);
  if (created) recordEvent(world, "payment_intent.created", created);
  recordEvent(world, "checkout.session.completed", completed);
  return completed;
}

/** Whether the session is of a customer, or makes one. */
export function hasCustomer(session: Stripe.Checkout.Session): boolean {
  return session.customer !== null || session.customer_creation === "always";
}
