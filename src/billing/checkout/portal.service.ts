import type { Deps } from "../../deps.js";
import { done, type Outcome } from "../../errors.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { answerOnce } from "../users/idempotency.js";
import type { Payer } from "../users/payer.js";
import { ensureCustomer } from "../users/user.service.js";
import { refusedReturnUrl } from "./order.js";

/** Where the portal leads back to. */
export interface CreatePortalSession {
  readonly returnUrl: string;
  readonly idempotencyKey?: string | null;
}

/** Opens Stripe's customer portal at its home page; gives the address to send the customer to. */
export function createPortalSession(
  deps: Deps,
  payer: Payer,
  input: CreatePortalSession,
): Promise<Outcome<{ url: string }>> {
  const { userId } = payer;
  const { idempotencyKey: key, returnUrl } = input;
  return withCustomerLock(deps, userId, () =>
    answerOnce(deps, { userId, operation: "createPortalSession", key, input: { returnUrl } }, async () => {
      const refused = refusedReturnUrl(deps, returnUrl);
      if (refused) return refused;
      const user = await ensureCustomer(deps, payer);
      return done({ url: await deps.stripe.createPortal(user.stripeCustomerId, returnUrl) });
    }),
  );
}
