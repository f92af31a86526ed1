import type { Deps } from "../../deps.js";
import { done, type Outcome, refuse } from "../../errors.js";
import type { NewPortal } from "../../stripe/gateway.js";
import { StripeRefused } from "../../stripe/stripe-errors.js";
import { findCurrentSubscription } from "../subscriptions/subscription.service.js";
import { syncSubscription } from "../subscriptions/subscription.sync.js";
import type { SubscriptionRow } from "../subscriptions/subscription.table.js";
import { refusedAction } from "../subscriptions/subscription-actions.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { answerOnce } from "../users/idempotency.js";
import type { Payer } from "../users/payer.js";
import { forStripeCustomer } from "../users/stripe-customer.js";
import { findCustomer } from "../users/user.service.js";
import { commit } from "../users/user.sync.js";
import { keepCardsOf } from "./checkout.card.js";
import { refusedReturnUrl } from "./order.js";

/** Where the portal begins, and where it leads back to. */
export interface CreatePortalSession {
  readonly returnUrl: string;
  readonly flow: "HOME" | "PAYMENT_METHOD" | "CANCEL";
  readonly idempotencyKey?: string | null;
}

type Opened = Outcome<{ url: string }>;

/**
 * Opens Stripe's customer portal; gives the address to send the customer to, good for a short while.
 *
 * Whose Stripe customer was deleted gets another one, and the portal opens for that.
 */
export function createPortalSession(deps: Deps, payer: Payer, input: CreatePortalSession): Promise<Opened> {
  const { userId } = payer;
  const { idempotencyKey: key, returnUrl, flow } = input;
  return withCustomerLock(deps, userId, () =>
    answerOnce(deps, { userId, operation: "createPortalSession", key, input: { returnUrl, flow } }, async () => {
      const refused = refusedReturnUrl(deps, returnUrl);
      if (refused) return refused;
      if (flow === "CANCEL") return openCancellation(deps, userId, returnUrl);
      await keepCardsOf(deps, userId);
      return forStripeCustomer(deps, payer, ({ stripeCustomerId }) =>
        open(deps, { customerId: stripeCustomerId, returnUrl, flow: { kind: flow } }),
      );
    }),
  );
}

async function openCancellation(deps: Deps, userId: string, returnUrl: string): Promise<Opened> {
  const [user, subscription] = await Promise.all([findCustomer(deps, userId), findCurrentSubscription(deps, userId)]);
  const refused = refusedAction("CANCEL", subscription);
  if (refused) return refused;
  if (!user?.stripeCustomerId || !subscription) return refuse("NO_SUBSCRIPTION");
  const { stripeSubscriptionId } = subscription;
  const portal = { customerId: user.stripeCustomerId, returnUrl };
  try {
    return await open(deps, { ...portal, flow: { kind: "CANCEL", stripeSubscriptionId } });
  } catch (error) {
    if (!(error instanceof StripeRefused)) throw error;
    // It ended, or is about to, and we were not told yet; or the customer was deleted, and it with them.
    const now: SubscriptionRow = await commit(deps, await syncSubscription(deps, user, stripeSubscriptionId));
    const reason = refusedAction("CANCEL", now);
    if (reason) return reason;
    throw error;
  }
}

async function open(deps: Deps, portal: Omit<NewPortal, "configurationId">): Promise<Opened> {
  const { portalConfigurationId: configurationId } = deps.catalog();
  try {
    return done({ url: await deps.stripe.createPortal({ ...portal, configurationId }) });
  } catch (error) {
    const isConfigurationGone = error instanceof StripeRefused && error.param === "configuration";
    if (!configurationId || !isConfigurationGone) throw error;
    deps.log.error({ err: error }, "Stripe does not know the portal's configuration: push the catalog again");
    return done({ url: await deps.stripe.createPortal({ ...portal, configurationId: null }) });
  }
}
