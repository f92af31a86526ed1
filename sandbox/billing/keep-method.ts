import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { subscriptionOf } from "./end-subscription.js";
import { idOf } from "./price-amounts.js";

/**
 * What paid a subscription's invoice pays its later ones too, if it was told so.
 *
 * https://docs.stripe.com/api/subscriptions/object#subscription_object-payment_settings-save_default_payment_method
 */
export function keepMethod(world: World, invoice: Stripe.Invoice): void {
  const id = subscriptionOf(invoice);
  const before = id === null ? undefined : world.tables.subscription.find(id);
  const method = methodBehind(world, invoice);
  if (!before || method === null || before.ended_at !== null) return;
  const isKept = before.payment_settings?.save_default_payment_method === "on_subscription";
  if (!isKept || (before.default_payment_method && idOf(before.default_payment_method) === method)) return;
  const after = world.tables.subscription.put({ ...before, default_payment_method: method });
  recordEvent(world, "customer.subscription.updated", after, before);
}

/** The card that paid, if it is the customer's. */
function methodBehind({ tables }: World, invoice: Stripe.Invoice): string | null {
  for (const { payment } of tables.invoice_payment.of(invoice.id)) {
    const intent = payment.payment_intent ? tables.payment_intent.find(idOf(payment.payment_intent)) : undefined;
    if (intent?.status !== "succeeded" || intent.payment_method === null) continue;
    const method = tables.payment_method.find(idOf(intent.payment_method));
    return method?.customer ? method.id : null;
  }
  return null;
}
