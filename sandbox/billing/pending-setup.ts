import type Stripe from "stripe";
import { recordEvent } from "../webhooks/events.js";
import type { World } from "../world.js";
import { idOf } from "./price-amounts.js";
import { buildSetupIntent } from "./setup-intent.js";

/**
 * What a customer readies a card with whose subscription costs nothing yet, so that later invoices can be charged.
 *
 * https://docs.stripe.com/api/subscriptions/object#subscription_object-pending_setup_intent
 */
export function beginPendingSetup(world: World, customer: string): Stripe.SetupIntent {
  const intent = world.tables.setup_intent.put({
    ...buildSetupIntent(world, customer),
    automatic_payment_methods: null,
  });
  recordEvent(world, "setup_intent.created", intent);
  return intent;
}

/** The card is ready: the subscription waits for it no longer, and keeps it if it was told so. */
export function endPendingSetup(world: World, intent: Stripe.SetupIntent): void {
  const customer = intent.customer === null ? null : idOf(intent.customer);
  const before = customer === null ? undefined : waitingFor(world, customer, intent.id);
  if (!before) return;
  const isKept = before.payment_settings?.save_default_payment_method === "on_subscription";
  const after = world.tables.subscription.put({
    ...before,
    default_payment_method: isKept ? intent.payment_method : before.default_payment_method,
    pending_setup_intent: null,
  });
  recordEvent(world, "customer.subscription.updated", after, before);
}

function waitingFor({ tables }: World, customer: string, intent: string): Stripe.Subscription | undefined {
  return tables.subscription
    .of(customer)
    .find(({ pending_setup_intent: pending }) => pending !== null && idOf(pending) === intent);
}
