import type { Deps } from "../../deps.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { findSubscriptionById } from "../subscriptions/subscription.service.js";
import { lockCustomer, orSoonAgain } from "../users/customer-lock.js";
import { findPendingCards, setCardPending } from "./checkout.repository.js";
import type { CheckoutRow } from "./checkout.table.js";

/** The name of the job that makes the cards of paid checkouts the customers' own. */
export const keepCardsTask = "keep-cards";

const batch = 100;

/**
 * Makes the cards of paid checkouts the customers' own.
 *
 * Checkout leaves the card on the subscription alone, and there it counts before the customer's own, which
 * is the one that the portal changes. So a customer would put in a new card and still be charged on the old
 * one: https://docs.stripe.com/api/subscriptions/object#subscription_object-default_payment_method
 */
export async function keepCards(deps: Deps): Promise<void> {
  for (const row of await findPendingCards(deps.db, batch)) {
    await lockCustomer(deps, row.userId, () => keepCard(deps, row)).catch((error: unknown) =>
      orSoonAgain(deps, keepCardsTask, error),
    );
  }
}

/** The same for one customer, before they are sent where they can change it. Call it under the customer's lock. */
export async function keepCardsOf(deps: Deps, userId: string): Promise<void> {
  for (const row of await findPendingCards(deps.db, batch, userId)) await keepCard(deps, row);
}

async function keepCard(deps: Deps, row: CheckoutRow): Promise<void> {
  const subscription = row.subscriptionId ? await findSubscriptionById(deps, row.subscriptionId) : undefined;
  if (subscription) {
    await deps.stripe.shareCard(subscription.stripeSubscriptionId).catch((error: unknown) => {
      if (!(error instanceof StripeRefused)) throw error;
      deps.log.warn({ checkout: row.id, err: error }, "a card stays on its subscription: Stripe refused to move it");
    });
  }
  await setCardPending(deps.db, row.id, false);
}
