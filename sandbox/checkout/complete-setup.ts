import type Stripe from "stripe";
import { confirmSetup } from "../billing/confirm-setup.js";
import { idOf } from "../billing/price-amounts.js";
import { buildSetupIntent } from "../billing/setup-intent.js";
import { buildCustomer } from "../resources/customers.js";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { hasCustomer } from "./complete-payment.js";
import { type Completion, detailsOf } from "./complete-session.js";

/** Saves the card and closes the session; whatever the bank asked has been answered. */
export function completeSetup(
  world: World,
  session: Stripe.Checkout.Session,
  { plan, method }: Completion,
): Stripe.Checkout.Session {
  const { tables } = world;
  const existing = tables.customer.find(plan.customer) ?? null;
  const { name } = method.billing_details;
  const email = existing?.email ?? session.customer_email;
  const isNew = !existing && hasCustomer(session);
  const customer = isNew ? tables.customer.put(buildCustomer(world, { id: plan.customer, email, name })) : existing;
  if (isNew && customer) recordEvent(world, "customer.created", customer);

  const begun = session.setup_intent === null ? undefined : tables.setup_intent.find(idOf(session.setup_intent));
  const intent = begun ?? buildSetupIntent(world, null);
  const saved = confirmSetup(world, { ...intent, customer: customer?.id ?? null }, method, "authenticated");
  const completed = tables["checkout.session"].put({
    ...session,
    customer: customer?.id ?? null,
    customer_details: { ...detailsOf(session, customer), email, name },
    setup_intent: saved.id,
    status: "complete",
    url: null,
  });
  recordEvent(world, "checkout.session.completed", completed);
  return completed;
}
